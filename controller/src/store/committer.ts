import { Worker } from 'node:worker_threads';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { CommitReply, CommitRequest, CommitWorkerData, Write } from './commit-worker.js';

/** A transaction that waits to be on disk. */
export interface PendingCommit {
  readonly writes: readonly Write[];
  readonly done: () => void;
  readonly failed: (error: VcpError) => void;
}

/** SQLITE_READONLY, IOERR, FULL, CANTOPEN: nothing can be written here now. */
const NOT_WRITABLE: ReadonlySet<number> = new Set([8, 10, 13, 14]);
const PRIMARY_CODE = 0xff;

/**
 * Group commit: what gathers while one commit is being synced goes to disk together with the next sync.
 * A failed commit fails everything that waits behind it too, because later transactions may have seen the earlier ones.
 */
export class Committer {
  readonly #worker: Worker;
  readonly #onFailure: () => void;
  #queue: PendingCommit[] = [];
  #inFlight: readonly PendingCommit[] = [];
  #batch = 0;
  #broken: VcpError | undefined;
  #idle: (() => void)[] = [];
  #closed: (() => void) | undefined;

  private constructor(worker: Worker, onFailure: () => void) {
    this.#worker = worker;
    this.#onFailure = onFailure;
    worker.on('message', (reply: CommitReply) => this.#receive(reply));
    worker.on('error', error => this.#break(new VcpError('internal', 'The database writer of the controller stopped.', { hint: 'Start the controller again; nothing that was answered is lost.', cause: error })));
  }

  /** @throws VcpError internal when the database does not sync each commit fully. */
  static async open(data: CommitWorkerData, onFailure: () => void): Promise<Committer> {
    const source = import.meta.url.endsWith('.ts') ? './commit-worker.ts' : './commit-worker.mjs';
    const worker = new Worker(new URL(source, import.meta.url), { workerData: data, name: 'vcp-commit', resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 } });
    const ready = await new Promise<Extract<CommitReply, { ready: true }>>((resolve, reject) => {
      worker.once('message', reply => {
        worker.off('error', reject);
        resolve(reply as Extract<CommitReply, { ready: true }>);
      });
      worker.once('error', reject);
    });
    if (ready.synchronous !== 2 || ready.journalMode !== 'wal') {
      await worker.terminate();
      throw new VcpError('internal', `The database is opened with journal ${ready.journalMode}, synchronous ${ready.synchronous}; commits would not be durable.`);
    }
    return new Committer(worker, onFailure);
  }

  /** Queues a transaction; one of its callbacks is called later, in order. */
  add(pending: PendingCommit): void {
    if (this.#broken !== undefined) return pending.failed(this.#broken);
    this.#queue.push(pending);
    if (this.#inFlight.length === 0) this.#send();
  }

  /** Resolves once everything that was added before is on disk or has failed. */
  async settled(): Promise<void> {
    if (this.#inFlight.length === 0 && this.#queue.length === 0) return;
    await new Promise<void>(resolve => {
      const last = this.#queue.at(-1) ?? this.#inFlight.at(-1)!;
      this.#queue = this.#queue.map(pending => (pending === last ? after(pending, resolve) : pending));
      this.#inFlight = this.#inFlight.map(pending => (pending === last ? after(pending, resolve) : pending));
    });
  }

  async close(): Promise<void> {
    if (this.#inFlight.length > 0 || this.#queue.length > 0) await new Promise<void>(resolve => this.#idle.push(resolve));
    if (this.#broken !== undefined) return;
    await new Promise<void>(resolve => {
      this.#closed = resolve;
      this.#post({ close: true });
    });
    await this.#worker.terminate();
  }

  #send(): void {
    this.#inFlight = this.#queue;
    this.#queue = [];
    this.#batch += 1;
    this.#post({ batch: this.#batch, writes: this.#inFlight.flatMap(pending => pending.writes) });
  }

  #receive(reply: CommitReply): void {
    if ('closed' in reply) return this.#closed?.();
    if (!('batch' in reply)) return;
    if (reply.failed !== undefined) this.#fail(errorOf(reply.failed));
    else {
      const committed = this.#inFlight;
      this.#inFlight = [];
      for (const pending of committed) pending.done();
      if (this.#queue.length > 0 && this.#inFlight.length === 0) this.#send();
    }
    this.#wakeIdle();
  }

  #fail(error: VcpError): void {
    const lost = [...this.#inFlight, ...this.#queue];
    this.#inFlight = [];
    this.#queue = [];
    this.#onFailure();
    for (const pending of lost) pending.failed(error);
  }

  #break(error: VcpError): void {
    this.#broken = error;
    this.#fail(error);
    this.#wakeIdle();
  }

  #wakeIdle(): void {
    if (this.#inFlight.length > 0 || this.#queue.length > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #post(request: CommitRequest): void {
    this.#worker.postMessage(request);
  }
}

function after(pending: PendingCommit, then: () => void): PendingCommit {
  return {
    writes: pending.writes,
    done: () => { pending.done(); then(); },
    failed: error => { pending.failed(error); then(); }
  };
}

function errorOf(failed: { readonly code: number; readonly message: string; readonly statement?: string | undefined }): VcpError {
  if (NOT_WRITABLE.has(failed.code & PRIMARY_CODE)) {
    return new VcpError('store_read_only', `The controller cannot write to its database: ${failed.message}.`, { hint: 'Make room on the disk of the data folder (or make it writable); running operations then go on by themselves.' });
  }
  return new VcpError('internal', 'The controller could not keep a change in its database.', { hint: 'Look into the controller log.', cause: new Error(`${failed.statement ?? 'commit'}: ${failed.message}`) });
}
