import { fit, type Terminal } from '../terminal.js';

type Content = Readonly<Record<string, unknown>>;

/**
 * What a cell says, in text; pictures stay in the notebook. Displays that change in place are drawn over on a screen
 * while they do, and printed once as they are at the end.
 */
export class CellPrinter {
  readonly #terminal: Terminal;
  readonly #changing = new Map<string, string>();
  #isDrawn = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(type: string, content: Content): void {
    const id = (content['transient'] as Content | undefined)?.['display_id'];
    if (type === 'stream') this.#write(String(content['text']), content['name'] === 'stderr');
    else if (type === 'error') this.#write(`${(content['traceback'] as readonly string[] | undefined)?.join('\n') ?? ''}\n`, true);
    else if (type === 'execute_result' || type === 'display_data' || type === 'update_display_data') {
      const text = plainText(content);
      if (text === undefined) return;
      if (typeof id !== 'string') this.#write(`${text}\n`, false);
      // An update of an earlier cell's display belongs to that cell's output.
      else if (type !== 'update_display_data' || this.#changing.has(id)) this.#change(id, text);
    }
  }

  end(): void {
    this.#clear();
    for (const text of this.#changing.values()) this.#terminal.out(`${text}\n`);
    this.#changing.clear();
  }

  #change(id: string, text: string): void {
    this.#changing.set(id, text);
    if (!this.#terminal.isScreen) return;
    this.#terminal.err(`\r\u001b[2K${fit(text.split('\n')[0]!, this.#terminal.columns - 1)}`);
    this.#isDrawn = true;
  }

  #write(text: string, toErr: boolean): void {
    this.#clear();
    if (toErr) this.#terminal.err(text);
    else this.#terminal.out(text);
  }

  #clear(): void {
    if (this.#isDrawn) this.#terminal.err('\r\u001b[2K');
    this.#isDrawn = false;
  }
}

function plainText(content: Content): string | undefined {
  const plain = (content['data'] as Content | undefined)?.['text/plain'];
  return plain === undefined ? undefined : [plain].flat().join('');
}
