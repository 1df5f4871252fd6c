import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { CommittedCell, CompileRequest, CompileResult, Completeness, Completion, CursorRequest, Inspection, Session, SessionOptions } from './session.js';
import { SessionLostError, SessionPort, threadPort } from './session-port.js';

export interface SupervisedSessionOptions {
  readonly workerFile: URL;
  /** Receives a port on which the engine answers too; called again whenever the engine is replaced. */
  readonly onPort: (port: MessagePort) => void;
  /** Heap of the first engine and of those that replace it, in MB. */
  readonly heapStepsMb?: readonly number[];
}

/**
 * Small heaps keep the kernel small: measured, 128 MB costs 1 ms a cell and saves 500 MB of garbage. A project with
 * heavy types needs more, and gets it when the engine ran out.
 */
const HEAP_STEPS_MB: readonly number[] = [192, 512, 1536];

/**
 * The language engine in a thread of its own with a bounded heap. When the thread dies, a new one with more memory takes
 * over with everything that the notebook has declared, and the call is repeated.
 */
export class SupervisedSession implements Session {
  readonly #options: SupervisedSessionOptions;
  readonly #committed: CommittedCell[] = [];
  #session: SessionOptions | undefined;
  #engine: { readonly worker: Worker; readonly port: SessionPort; readonly ready: Promise<void> } | undefined;
  #heapStep = 0;
  #isDisposed = false;
  readonly #heapStepsMb: readonly number[];

  constructor(options: SupervisedSessionOptions) {
    this.#options = options;
    this.#heapStepsMb = options.heapStepsMb ?? HEAP_STEPS_MB;
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
        if (!(error instanceof SessionLostError) || this.#isDisposed || this.#heapStep >= this.#heapStepsMb.length) throw error;
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
      resourceLimits: { maxOldGenerationSizeMb: this.#heapStepsMb[this.#heapStep] ?? this.#heapStepsMb.at(-1) },
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
