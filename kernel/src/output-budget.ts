const LIMIT_BYTES = 32 * 1024 * 1024;
const POLL_MS = 100;

/**
 * Counts the output that one thread has handed over and the other has not yet sent. A cell that prints faster than
 * messages can leave waits here, instead of filling the memory.
 */
export class OutputBudget {
  readonly buffer: SharedArrayBuffer;
  readonly #counter: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.buffer = buffer;
    this.#counter = new Int32Array(buffer);
  }

  /** Called by the thread that produces output; blocks it while too much is outstanding. */
  spend(size: number): void {
    let outstanding = Atomics.add(this.#counter, 0, size) + size;
    while (outstanding > LIMIT_BYTES) {
      Atomics.wait(this.#counter, 0, outstanding, POLL_MS);
      outstanding = Atomics.load(this.#counter, 0);
    }
  }

  /** Called by the thread that sends it. */
  release(size: number): void {
    Atomics.sub(this.#counter, 0, size);
    Atomics.notify(this.#counter, 0);
  }
}
