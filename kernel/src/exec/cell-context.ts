import { AsyncLocalStorage } from 'node:async_hooks';
import type { ExecuteRequest } from '../thread-messages.js';
import { Interrupted } from './interrupted.js';

/** One run of a cell. */
export class CellContext {
  readonly request: ExecuteRequest;
  /** How stack traces and diagnostics call the cell. */
  readonly filename: string;
  /** Long texts for the front end's pager; part of the reply. */
  readonly payload: Readonly<Record<string, unknown>>[] = [];
  /** Rejects when the cell is interrupted; never resolves. */
  readonly interruption: Promise<never>;
  readonly #abort = new AbortController();
  readonly #memos = new Map<string, unknown>();
  /** Calls of the SDK in this run, for idempotency keys. */
  #calls = 0;

  constructor(request: ExecuteRequest, filename: string) {
    this.request = request;
    this.filename = filename;
    this.interruption = new Promise((_, reject) => this.signal.addEventListener('abort', () => reject(this.signal.reason), { once: true }));
    this.interruption.catch(() => undefined);
  }

  /** Aborted when the cell is interrupted. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  interrupt(): void {
    this.#abort.abort(new Interrupted());
  }

  /** A value that belongs to this run of the cell, made when it is first asked for. */
  memo<T>(key: string, make: () => T): T {
    if (!this.#memos.has(key)) this.#memos.set(key, make());
    return this.#memos.get(key) as T;
  }

  /** Number of the next call that changes something, counted from 1. */
  nextCallOrdinal(): number {
    return ++this.#calls;
  }
}

/** Which cell the running code belongs to, also in timers and continuations that outlive the cell. */
export class CellContexts {
  readonly #storage = new AsyncLocalStorage<CellContext>();
  #latest: CellContext | undefined;

  run<T>(context: CellContext, task: () => T): T {
    this.#latest = context;
    return this.#storage.run(context, task);
  }

  /** The cell of the running code; the latest one for code that came from outside of any. */
  current(): CellContext | undefined {
    return this.#storage.getStore() ?? this.#latest;
  }
}
