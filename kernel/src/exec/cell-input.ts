import type { ToIo } from '../thread-messages.js';
import type { CellContext } from './cell-context.js';

/** The front end has nobody to ask, for example because the notebook runs headless. */
export class InputUnavailableError extends Error {
  override readonly name = 'InputUnavailableError';

  constructor(prompt: string) {
    super(`Nobody can answer "${prompt.trim()}" here: this front end does not take input.`);
  }
}

/** Asks the person at the notebook, one question at a time. */
export class CellInput {
  readonly #post: (message: ToIo) => void;
  #answer: ((value: string) => void) | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(post: (message: ToIo) => void) {
    this.#post = post;
  }

  /** Rejects when the front end takes no input, and when the cell is interrupted meanwhile. */
  async ask(cell: CellContext, prompt: string, password: boolean): Promise<string> {
    if (!cell.request.allowsStdin) throw new InputUnavailableError(prompt);
    const turn = this.#turn.then(() => this.#askNow(cell, prompt, password));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  receive(value: string): void {
    this.#answer?.(value);
  }

  async #askNow(cell: CellContext, prompt: string, password: boolean): Promise<string> {
    cell.signal.throwIfAborted();
    const answer = new Promise<string>((resolve) => (this.#answer = resolve));
    this.#post({ type: 'input', cell: cell.request.cell, prompt, password });
    try {
      return await Promise.race([answer, cell.interruption]);
    } finally {
      this.#answer = undefined;
    }
  }
}
