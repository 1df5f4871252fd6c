import type { DatabaseSync } from 'node:sqlite';
import { VcpError, type VcpEvent } from '@jupyterlab-vcp/sdk/wire';
import type { Clock, Store, StoreReader, StoreWriter } from '../domain/index.js';
import { Committer } from './committer.js';
import type { FolderLock } from './folder-lock.js';
import { Image } from './image.js';
import { SqliteReader } from './sqlite-reader.js';
import { SqliteWriter, type Counters } from './sqlite-writer.js';
import { STATEMENTS } from './statements.js';

export interface SqliteStoreParts {
  readonly file: string;
  /** Used for reading only, on the caller's thread. */
  readonly database: DatabaseSync;
  readonly lock: FolderLock;
  readonly clock: Clock;
  readonly installation: string;
  readonly bootEpoch: number;
  readonly mostEvents: number;
  readonly mostPages?: number | undefined;
}

/** The store behind the port: an image in memory, SQLite on disk, one writer thread. */
export class SqliteStore implements Store {
  readonly installation: string;
  readonly bootEpoch: number;
  readonly #parts: SqliteStoreParts;
  readonly #image = new Image();
  readonly #committer: Committer;
  readonly #reader: SqliteReader;
  readonly #counters: Counters;
  readonly #listeners = new Set<(events: readonly VcpEvent[]) => void>();
  #newest: number;
  /** Rises when staged rows were thrown away: a transaction begun before must not be kept. */
  #generation = 0;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(parts: SqliteStoreParts, committer: (onFailure: () => void) => Committer) {
    this.#parts = parts;
    this.installation = parts.installation;
    this.bootEpoch = parts.bootEpoch;
    this.#image.load(parts.database);
    const highest = (table: string): number => Number(parts.database.prepare(`SELECT max(seq) AS seq FROM ${table}`).get()?.['seq'] ?? 0);
    this.#newest = highest('events');
    this.#counters = { nextEvent: this.#newest + 1, nextJournal: highest('journal') + 1 };
    this.#reader = new SqliteReader(parts.database, this.#image, 'committed', () => this.#newest);
    this.#committer = committer(() => this.#forgetStaged());
  }

  static async open(parts: SqliteStoreParts): Promise<SqliteStore> {
    let forget = (): void => undefined;
    const committer = await Committer.open({ file: parts.file, statements: STATEMENTS, bootEpoch: parts.bootEpoch, mostPages: parts.mostPages }, () => forget());
    return new SqliteStore(parts, onFailure => {
      forget = onFailure;
      return committer;
    });
  }

  async transaction<T>(work: (tx: StoreWriter) => Promise<T>): Promise<T> {
    const release = await this.#takeTurn();
    const generation = this.#generation;
    const tx = new SqliteWriter(this.#reader, this.#counters, { bootEpoch: this.bootEpoch, now: this.#parts.clock.now(), mostEvents: this.#parts.mostEvents });
    let value: T;
    let committed: Promise<void>;
    try {
      this.#mustBeOpen();
      value = await work(tx);
      if (generation !== this.#generation) throw new VcpError('store_read_only', 'The database could not be written while this change was being made.', { hint: 'Try again.' });
      committed = tx.writes.length === 0 ? this.#committer.settled() : this.#commit(tx);
    } catch (error) {
      if (generation === this.#generation) tx.undo();
      throw error;
    } finally {
      release();
    }
    await committed;
    return value;
  }

  async read<T>(work: (reader: StoreReader) => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    return work(this.#reader);
  }

  onEvents(listener: (events: readonly VcpEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const release = await this.#takeTurn();
    this.#closed = true;
    release();
    await this.#committer.close();
    this.#parts.database.close();
    this.#parts.lock.release();
  }

  #commit(tx: SqliteWriter): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#committer.add({
        writes: tx.writes,
        done: () => {
          tx.publish();
          this.#newest = tx.added.at(-1)?.seq ?? this.#newest;
          resolve();
          if (tx.added.length > 0) for (const listener of this.#listeners) listener(tx.added);
        },
        failed: reject
      });
    });
  }

  /** One transaction stages at a time; it hands over as soon as it has staged, not when it is on disk. */
  async #takeTurn(): Promise<() => void> {
    const before = this.#turn;
    let release = (): void => undefined;
    this.#turn = new Promise(resolve => { release = resolve; });
    await before;
    return release;
  }

  #forgetStaged(): void {
    this.#generation += 1;
    this.#image.reset();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new VcpError('controller_unavailable', 'The controller is stopping.', { hint: 'Start it again.' });
  }
}
