import type { Worker } from 'node:worker_threads';
import type { ToMain } from './thread-messages.js';

/** Keeps the messages of a thread until somebody takes them: without a listener a worker's messages are lost. */
export class Inbox {
  readonly #waiting: ToMain[] = [];
  #take: ((message: ToMain) => void) | undefined;
  /** Resolves when the first message has come: the thread is up. */
  readonly opened: Promise<void>;

  constructor(worker: Worker) {
    let open: () => void = () => undefined;
    this.opened = new Promise((resolve) => (open = resolve));
    worker.on('message', (message: ToMain) => {
      // A kernel that cannot open its sockets closes at once; what it says then must be read too.
      open();
      if (this.#take) this.#take(message);
      else this.#waiting.push(message);
    });
  }

  /** Hands over what has come, and everything that comes. */
  take(take: (message: ToMain) => void): void {
    this.#take = take;
    for (const message of this.#waiting.splice(0)) take(message);
  }
}
