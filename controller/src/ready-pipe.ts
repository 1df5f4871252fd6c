import { closeSync, writeSync } from 'node:fs';
import type { SerializedError } from '@jupyterlab-vcp/sdk/wire';

export type StartMessage = { readonly state: 'starting'; readonly message: string } | { readonly state: 'ready' } | { readonly state: 'failed'; readonly error: SerializedError };

/** The pipe to whoever started this controller and waits until it is ready. Nobody listening is no failure. */
export class ReadyPipe {
  #fd: number | undefined;

  constructor(fd: number | undefined) {
    this.#fd = fd;
  }

  say(message: StartMessage): void {
    if (this.#fd === undefined) return;
    try {
      writeSync(this.#fd, `${JSON.stringify(message)}\n`);
      if (message.state !== 'starting') this.#close();
    } catch {
      this.#close();
    }
  }

  #close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd === undefined) return;
    try {
      closeSync(fd);
    } catch {
      // The other end may have gone first.
    }
  }
}
