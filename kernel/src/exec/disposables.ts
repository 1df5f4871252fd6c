/** What cells declared by a top-level `using`: it lives until the name is declared again, or the kernel ends. */
export class Disposables {
  readonly #held = new Map<string, () => unknown>();

  /** Takes charge of a resource. Throws when it cannot be disposed of, as `using` itself does. */
  hold(name: string, value: unknown, isAsync: boolean): unknown {
    if (value === null || value === undefined) return value;
    const method: unknown = (isAsync ? Reflect.get(Object(value), Symbol.asyncDispose) : undefined) ?? Reflect.get(Object(value), Symbol.dispose);
    if (typeof method !== 'function') throw new TypeError(`${name} is declared with using, but has no dispose method.`);
    this.#held.set(name, () => Reflect.apply(method, value, []) as unknown);
    return value;
  }

  /** Disposes of what these names held. */
  async release(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const dispose = this.#held.get(name);
      this.#held.delete(name);
      await dispose?.();
    }
  }

  /** Disposes of everything, the latest first; a failure does not keep the rest. */
  async releaseAll(): Promise<readonly unknown[]> {
    const errors: unknown[] = [];
    for (const name of [...this.#held.keys()].reverse()) {
      try {
        await this.release([name]);
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}
