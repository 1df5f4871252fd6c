/**
 * Rows held in memory in two ages: `committed` is what is on disk (reads see it), `latest` what transactions
 * have made of it (the next transaction sees it). Rows that need not be held leave once they are on disk.
 */
export class MemoryTable<T> {
  readonly #committed = new Map<string, T>();
  #latest = new Map<string, T>();

  /** @param holds whether a row stays in memory once it is on disk */
  constructor(readonly holds: (row: T) => boolean) {}

  /** Puts a row that was read from disk at the start. */
  load(key: string, row: T): void {
    this.#committed.set(key, row);
    this.#latest.set(key, row);
  }

  get(key: string, age: Age): T | undefined {
    return this.#rows(age).get(key);
  }

  values(age: Age): IterableIterator<T> {
    return this.#rows(age).values();
  }

  /** Changes what transactions see (undefined = removed) and returns the way back. */
  stage(key: string, row: T | undefined): () => void {
    const before = this.#latest.get(key);
    if (row === undefined) this.#latest.delete(key);
    else this.#latest.set(key, row);
    return () => {
      if (before === undefined) this.#latest.delete(key);
      else this.#latest.set(key, before);
    };
  }

  /** The staged row is on disk now. */
  publish(key: string, row: T | undefined): void {
    if (row !== undefined && this.holds(row)) {
      this.#committed.set(key, row);
      return;
    }
    this.#committed.delete(key);
    if (row !== undefined && this.#latest.get(key) === row) this.#latest.delete(key);
  }

  /** Forgets everything that did not reach the disk. */
  reset(): void {
    this.#latest = new Map(this.#committed);
  }

  #rows(age: Age): Map<string, T> {
    return age === 'committed' ? this.#committed : this.#latest;
  }
}

/** Reads see `committed`, transactions see `latest`. */
export type Age = 'committed' | 'latest';
