import { Session } from 'node:inspector';

export interface InterruptTarget {
  /** Number of the cell that runs now; 0 when none does. */
  runningCell(): number;
  /** Asks the main thread to abort that cell; it answers by a call of `received`. */
  requestAbort(cell: number): void;
}

const STAGE_A_MS = 150;
const STAGE_B_MS = 250;
const STAGE_C_MS = 300;
const STAGE_C_ATTEMPTS = 40;
/** The main thread reports our own SIGINT when it is free again, or never when the signal ended a script. */
const ECHO_LIMIT_MS = 5000;

/**
 * Stops what the main thread is doing, in three stages of growing force:
 * (a) a message, which a cell that awaits something gets at once;
 * (b) SIGINT, which ends synchronous code of the cell itself;
 * (c) the engine's own termination, which ends a loop in a continuation, a timer or any other callback.
 */
export class Interrupter {
  readonly #target: InterruptTarget;
  readonly #inspector = new Session();
  #isRunning = false;
  #onReceived: (() => void) | undefined;
  #wasReceived = false;
  #echoUntil = 0;

  constructor(target: InterruptTarget) {
    this.#target = target;
    this.#inspector.connectToMainThread();
  }

  async interrupt(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      await this.#escalate(this.#target.runningCell());
    } finally {
      this.#isRunning = false;
    }
  }

  /** Ctrl-C reached the process, unless it is the echo of our own signal: that must not hit the next cell. */
  async onSignal(): Promise<void> {
    const isEcho = performance.now() < this.#echoUntil;
    this.#echoUntil = 0;
    if (!isEcho) await this.interrupt();
  }

  /** The main thread has got the message. */
  received(): void {
    this.#wasReceived = true;
    this.#onReceived?.();
  }

  /** Ends whatever the main thread executes, so that it can read its messages. */
  terminateExecution(): void {
    this.#inspector.post('Runtime.terminateExecution');
  }

  /** Without this the process prints that it waits for a debugger when it ends. */
  close(): void {
    this.#inspector.disconnect();
  }

  async #escalate(cell: number): Promise<void> {
    this.#wasReceived = false;
    this.#target.requestAbort(cell);
    if (await this.#waitUntilReceived(STAGE_A_MS)) return;
    this.#echoUntil = performance.now() + ECHO_LIMIT_MS;
    process.kill(process.pid, 'SIGINT');
    if (await this.#waitUntilReceived(STAGE_B_MS)) return;
    for (let attempt = 0; attempt < STAGE_C_ATTEMPTS; attempt++) {
      // The running cell has changed: what remains in the way belongs to nobody who asked.
      if (this.#target.runningCell() !== cell) return;
      this.terminateExecution();
      if (await this.#waitUntilReceived(STAGE_C_MS)) return;
    }
  }

  #waitUntilReceived(timeoutMs: number): Promise<boolean> {
    if (this.#wasReceived) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#onReceived?.(), timeoutMs);
      this.#onReceived = () => {
        clearTimeout(timer);
        this.#onReceived = undefined;
        resolve(this.#wasReceived);
      };
    });
  }
}
