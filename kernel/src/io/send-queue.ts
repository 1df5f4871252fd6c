type Frames = readonly (Buffer | string)[];

export interface SendingSocket {
  send(frames: (Buffer | string)[]): Promise<void>;
}

/**
 * Sends messages of one socket in order, each after the last was taken. The ZeroMQ binding allows one send at a time
 * and refuses the others, which would lose them.
 */
export class SendQueue {
  readonly #socket: SendingSocket;
  readonly #onError: (error: unknown) => void;
  readonly #waiting: Frames[] = [];
  #pumping: Promise<void> | undefined;

  constructor(socket: SendingSocket, onError: (error: unknown) => void) {
    this.#socket = socket;
    this.#onError = onError;
  }

  push(frames: Frames): void {
    this.#waiting.push(frames);
    this.#pumping ??= this.#pump();
  }

  /** Resolves when everything pushed so far has been handed to ZeroMQ. */
  async drained(): Promise<void> {
    await this.#pumping;
  }

  async #pump(): Promise<void> {
    for (let frames = this.#waiting.shift(); frames; frames = this.#waiting.shift()) {
      try {
        await this.#socket.send([...frames]);
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#pumping = undefined;
  }
}
