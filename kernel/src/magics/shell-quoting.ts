import { UsageError } from './usage-error.js';

/** How the shell reads the text at a placeholder. */
export type ShellContext =
  | { readonly kind: 'bare' | 'double-quoted' | 'single-quoted' | 'comment' }
  | { readonly kind: 'heredoc' | 'literal'; readonly delimiter: string };

/**
 * Follows the quoting of a shell text far enough to know how to write a value at an offset: quotes, escapes, comments,
 * here-documents, and command substitutions, which start anew inside double quotes.
 */
export class ShellScanner {
  readonly #text: string;
  #at = 0;
  /** Open constructs, innermost last: `"`, `'`, `$'`, `(`, `{`, `` ` ``. */
  readonly #open: string[] = [];
  #pendingHeredocs: { readonly delimiter: string; readonly quoted: boolean; readonly stripTabs: boolean }[] = [];
  #heredoc: { readonly delimiter: string; readonly quoted: boolean; readonly stripTabs: boolean } | undefined;
  #inComment = false;

  #unclear = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** The context at `offset`; offsets must not decrease from call to call. */
  contextAt(offset: number): ShellContext {
    while (this.#at < offset) this.#step();
    // Places where no way of writing a value is safe: better no value than one that runs as a command.
    if (this.#open.includes('`')) throw new UsageError('A value cannot be put between backticks.', 'Write $(…) instead of the backticks.');
    if (this.#open.at(-1) === "$'") throw new UsageError("A value cannot be put into $'…'.", "Use '…' or \"…\" around it.");
    if (this.#unclear) throw new UsageError('“<<” inside “((” can be a shift or a here-document, so that no value can be put behind it.', 'Put the arithmetic behind the values, or into a cell of its own.');
    if (this.#heredoc) return { kind: this.#heredoc.quoted ? 'literal' : 'heredoc', delimiter: this.#heredoc.delimiter };
    if (this.#inComment) return { kind: 'comment' };
    const inner = this.#open.at(-1);
    if (inner === '"') return { kind: 'double-quoted' };
    return { kind: inner === "'" || inner === "$'" ? 'single-quoted' : 'bare' };
  }

  /** Passes over a placeholder, whose characters are not shell text. */
  skipTo(offset: number): void {
    this.#at = offset;
  }

  #step(): void {
    const char = this.#text[this.#at] ?? '';
    const next = this.#text[this.#at + 1] ?? '';
    if (char === '\n') return this.#newline();
    if (this.#heredoc || this.#inComment) return this.#advance(1);
    const inner = this.#open.at(-1);
    if (inner === "'") return char === "'" ? this.#close() : this.#advance(1);
    if (char === '\\') return this.#advance(2);
    if (inner === "$'") return char === "'" ? this.#close() : this.#advance(1);
    if (char === '"') return inner === '"' ? this.#close() : this.#push('"', 1);
    if (char === '`') return inner === '`' ? this.#close() : this.#push('`', 1);
    if (char === '$' && (next === '(' || next === '{')) return this.#push(next, 2);
    if (inner === '"') return this.#advance(1);
    if (char === '$' && next === "'") return this.#push("$'", 2);
    if (char === "'") return this.#push("'", 1);
    if (char === '(') return this.#push('(', 1);
    if ((char === ')' && inner === '(') || (char === '}' && inner === '{')) return this.#close();
    if (char === '#' && /[\s;&|(]/.test(this.#text[this.#at - 1] ?? ' ')) this.#inComment = true;
    if (char === '<' && next === '<' && this.#open.at(-1) === '(' && this.#open.at(-2)?.endsWith('(')) this.#unclear = true;
    if (char === '<' && next === '<' && this.#text[this.#at + 2] !== '<') return this.#startHeredoc();
    if (char === '<' && next === '<') return this.#advance(3);
    this.#advance(1);
  }

  #startHeredoc(): void {
    const match = /^<<(-?)[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|\\?([\w.+-]+))/.exec(this.#text.slice(this.#at));
    if (!match) return this.#advance(2);
    const [whole, dash, single, double, bare] = match;
    const quoted = bare === undefined || whole.includes('\\');
    this.#pendingHeredocs.push({ delimiter: single ?? double ?? bare ?? '', quoted, stripTabs: dash === '-' });
    this.#advance(whole.length);
  }

  #newline(): void {
    this.#advance(1);
    this.#inComment = false;
    const inner = this.#open.at(-1);
    if (!this.#heredoc && inner !== '"' && inner !== "'" && inner !== "$'") this.#heredoc = this.#pendingHeredocs.shift();
    while (this.#heredoc) {
      const end = this.#text.indexOf('\n', this.#at);
      const line = this.#text.slice(this.#at, end < 0 ? undefined : end);
      if ((this.#heredoc.stripTabs ? line.replace(/^\t+/, '') : line) !== this.#heredoc.delimiter) return;
      this.#at = end < 0 ? this.#text.length : end + 1;
      this.#heredoc = this.#pendingHeredocs.shift();
    }
  }

  #push(kind: string, length: number): void {
    this.#open.push(kind);
    this.#advance(length);
  }

  #close(): void {
    this.#open.pop();
    this.#advance(1);
  }

  #advance(length: number): void {
    // A line break that is skipped by a backslash ends no here-document line.
    this.#at = Math.min(this.#text.length, this.#at + length);
  }
}

/** A value as shell text that stands for exactly this value at that place. */
export function quoteForShell(value: unknown, context: ShellContext, name: string): string {
  if (context.kind === 'bare') return bareWords(value);
  const text = wordText(value);
  switch (context.kind) {
    case 'double-quoted':
      return text.replace(/[\\"$`]/g, '\\$&');
    case 'single-quoted':
      return text.replaceAll("'", "'\\''");
    case 'heredoc':
      refuseDelimiter(text, context.delimiter, name);
      return text.replace(/[\\$`]/g, '\\$&');
    case 'literal':
      refuseDelimiter(text, context.delimiter, name);
      return text;
    default:
      return text;
  }
}

function refuseDelimiter(text: string, delimiter: string, name: string): void {
  if (text.split('\n').some(line => line.replace(/^\t+/, '') === delimiter)) throw new UsageError(`The value of ${name} contains the line "${delimiter}", which would end the here-document.`);
}

/** A list becomes several words, everything else one. */
function bareWords(value: unknown): string {
  if (Array.isArray(value)) return value.map((item: unknown) => singleQuoted(wordText(item))).join(' ');
  return singleQuoted(wordText(value));
}

function wordText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return String(value);
}

function singleQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
