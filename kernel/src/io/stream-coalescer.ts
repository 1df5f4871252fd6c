export type StreamName = 'stdout' | 'stderr';

interface Pending {
  readonly cell: number;
  readonly name: StreamName;
  readonly texts: string[];
  length: number;
}

const MAX_DELAY_MS = 20;
const MAX_LENGTH = 64 * 1024;

/** Joins neighbouring writes of one cell into one message: a cell that prints 50,000 lines sends 30 messages. */
export class StreamCoalescer {
  readonly #publish: (cell: number, name: StreamName, text: string) => void;
  #pending: Pending | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: (cell: number, name: StreamName, text: string) => void) {
    this.#publish = publish;
  }

  write(cell: number, name: StreamName, text: string): void {
    if (text === '') return;
    if (this.#pending && (this.#pending.cell !== cell || this.#pending.name !== name)) this.flush();
    this.#pending ??= { cell, name, texts: [], length: 0 };
    this.#pending.texts.push(text);
    this.#pending.length += text.length;
    if (this.#pending.length >= MAX_LENGTH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), MAX_DELAY_MS);
  }

  /** Publishes what is held back; to be called before anything else of any cell is published. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) this.#publish(pending.cell, pending.name, pending.texts.join(''));
  }
}
