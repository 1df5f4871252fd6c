import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { CommittedCell, CompileRequest, CompileResult, Completeness, Completion, CursorRequest, Inspection, Session, SessionOptions } from './session.js';
import { SessionLostError, SessionPort, threadPort } from './session-port.js';

export interface SupervisedSessionOptions {
  readonly workerFile: URL;
  /** Receives a port on which the engine answers too; called again whenever the engine is replaced. */
  readonly onPort: (port: MessagePort) => void;
}

/**
 * Far above what a notebook needs (100 MB), because a heap that is full can take the whole process down; the worker
 * keeps itself small by collecting garbage between cells.
 */
const HEAP_STEPS_MB: readonly number[] = [1024, 3072];

/**
 * The language engine in a thread of its own. When the thread dies, a new one with more memory takes
 * over with everything that the notebook has declared, and the call is repeated.
 */
export class SupervisedSession implements Session {
  readonly #options: SupervisedSessionOptions;
  readonly #committed: CommittedCell[] = [];
  #session: SessionOptions | undefined;
  #engine: { readonly worker: Worker; readonly port: SessionPort; readonly ready: Promise<void> } | undefined;
  #heapStep = 0;
  #isDisposed = false;

  constructor(options: SupervisedSessionOptions) {
    this.#options = options;
  }

  open(options: SessionOptions): Promise<void> {
    this.#session = options;
    return this.#started().ready;
  }

  async compile(request: CompileRequest): Promise<CompileResult> {
    const result = await this.#withEngine((engine) => engine.compile(request));
    if (result.kind === 'compiled' && result.committed) this.#committed.push(result.committed);
    return result;
  }

  complete(request: CursorRequest): Promise<Completion> {
    return this.#withEngine((engine) => engine.complete(request));
  }

  inspect(request: CursorRequest): Promise<Inspection | undefined> {
    return this.#withEngine((engine) => engine.inspect(request));
  }

  isComplete(code: string): Promise<Completeness> {
    return this.#withEngine((engine) => engine.isComplete(code));
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.#engine?.worker.terminate();
  }

  async #withEngine<T>(call: (engine: SessionPort) => Promise<T>): Promise<T> {
    for (;;) {
      const { port, ready } = this.#started();
      try {
        await ready;
        return await call(port);
      } catch (error) {
        if (!(error instanceof SessionLostError) || this.#isDisposed || this.#heapStep >= HEAP_STEPS_MB.length) throw error;
      }
    }
  }

  #started(): { readonly port: SessionPort; readonly ready: Promise<void> } {
    const session = this.#session;
    if (!session) throw new Error('The language session is not open.');
    if (this.#engine) return this.#engine;
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(this.#options.workerFile, {
      workerData: { port: port2 },
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_STEPS_MB[this.#heapStep] ?? HEAP_STEPS_MB.at(-1) },
      execArgv: []
    });
    const port = new SessionPort(threadPort(worker));
    let reason = 'the thread ended';
    worker.on('error', (error) => (reason = error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => {
      this.#engine = undefined;
      this.#heapStep++;
      port.lose(`The language session stopped: ${reason}.`);
    });
    const ready = port.open({ ...session, restore: this.#committed });
    ready.catch(() => undefined);
    this.#options.onPort(port1);
    this.#engine = { worker, port, ready };
    return this.#engine;
  }
}
