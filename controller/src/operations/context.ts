import { isVcpError, VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { Heartbeat, Ids, Log, NodeShell, ProviderCatalog, Store, StoreWriter, Timer } from '../domain/index.js';
import { KeyedMutex, Limiter } from './limits.js';
import { DEFAULT_SETTINGS, type OperationsSettings } from './settings.js';

/** The rooms that operations are given. */
export interface OperationsParts {
  readonly store: Store;
  readonly catalog: ProviderCatalog;
  readonly shell: NodeShell;
  readonly clock: Timer;
  readonly ids: Ids;
  readonly log: Log;
  readonly settings?: Partial<OperationsSettings>;
}

/** What every part of the engine works with. */
export class Context {
  readonly store: Store;
  readonly catalog: ProviderCatalog;
  readonly shell: NodeShell;
  readonly clock: Timer;
  readonly ids: Ids;
  readonly log: Log;
  readonly settings: OperationsSettings;
  /** One at a time for each network, so that two operations agree on it. */
  readonly networkLocks = new KeyedMutex();
  /** Last sign of life of each node; kept here because it changes too often for the disk. */
  readonly heartbeats = new Map<string, Heartbeat>();
  readonly #limiters = new Map<string, Limiter>();
  #storeProblem: string | undefined;
  readonly #stopping = new AbortController();

  constructor(parts: OperationsParts) {
    this.store = parts.store;
    this.catalog = parts.catalog;
    this.shell = parts.shell;
    this.clock = parts.clock;
    this.ids = parts.ids;
    this.log = parts.log;
    this.settings = { ...DEFAULT_SETTINGS, ...parts.settings };
  }

  /** Aborts when the controller stops: work is left as it is and taken up at the next start. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Why the database cannot be written now; undefined when it can. */
  get storeProblem(): string | undefined {
    return this.#storeProblem;
  }

  stop(): void {
    this.#stopping.abort(new VcpError('controller_unavailable', 'The controller is stopping.'));
  }

  limiter(provider: string): Limiter {
    const known = this.#limiters.get(provider);
    if (known !== undefined) return known;
    const made = new Limiter(this.settings.nodesAtOnce);
    this.#limiters.set(provider, made);
    return made;
  }

  /**
   * A transaction of work that already began: while the disk is full it waits for room instead of failing,
   * because what happened in the world has to be written down.
   * @throws what `work` throws; the stop of the controller.
   */
  async persist<T>(work: (tx: StoreWriter) => Promise<T>): Promise<T> {
    for (let warned = false; ; warned = true) {
      try {
        const value = await this.store.transaction(work);
        this.#storeProblem = undefined;
        return value;
      } catch (error) {
        if (!isVcpError(error) || error.code !== 'store_read_only' || this.stopping.aborted) throw error;
        this.#storeProblem = error.message;
        if (!warned) this.log.error({ err: error }, 'the database cannot be written; running operations wait');
        await this.clock.sleep(1000, this.stopping);
      }
    }
  }
}
