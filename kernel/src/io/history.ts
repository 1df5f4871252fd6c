import type { Json } from './message.js';

/** `[session, line, source]`, or `[session, line, [source, output]]`. */
export type HistoryItem = readonly [session: number, line: number, text: string | readonly [string, string | null]];

interface Entry {
  readonly line: number;
  readonly source: string;
  output: string | null;
}

/** This kernel is always the one session there is: nothing is written to disk, where secrets could end up. */
const SESSION = 1;

/** What was run in this kernel, in memory. */
export class History {
  readonly #entries: Entry[] = [];

  add(line: number, source: string): void {
    this.#entries.push({ line, source, output: null });
  }

  setOutput(line: number, output: string): void {
    const entry = this.#entries.findLast((candidate) => candidate.line === line);
    if (entry) entry.output = output;
  }

  /** Answers a `history_request`. */
  select(request: Json): readonly HistoryItem[] {
    const withOutput = request['output'] === true;
    return this.#find(request).map(({ line, source, output }) => [SESSION, line, withOutput ? [source, output] : source]);
  }

  #find(request: Json): readonly Entry[] {
    const count = typeof request['n'] === 'number' ? request['n'] : undefined;
    switch (request['hist_access_type']) {
      case 'range':
        return this.#range(request);
      case 'search':
        return last(this.#search(String(request['pattern'] ?? '*'), request['unique'] === true), count);
      default:
        return last(this.#entries, count);
    }
  }

  #range(request: Json): readonly Entry[] {
    const session = Number(request['session'] ?? 0);
    if (session !== 0 && session !== SESSION) return [];
    const start = Number(request['start'] ?? 0);
    const stop = typeof request['stop'] === 'number' ? request['stop'] : Infinity;
    return this.#entries.filter(({ line }) => line >= start && line < stop);
  }

  #search(pattern: string, unique: boolean): readonly Entry[] {
    const matches = globExpression(pattern);
    const found = this.#entries.filter(({ source }) => matches.test(source));
    if (!unique) return found;
    const latest = new Map(found.map((entry) => [entry.source, entry]));
    return found.filter((entry) => latest.get(entry.source) === entry);
  }
}

function last<T>(entries: readonly T[], count: number | undefined): readonly T[] {
  return count === undefined ? entries : entries.slice(Math.max(0, entries.length - count));
}

/** `*`, `?` and `[abc]` as in file names, over the whole text. */
function globExpression(pattern: string): RegExp {
  const source = pattern.replace(/\[(\^?)([^\]]+)\]|[\s\S]/g, (part, negated: string | undefined, members: string | undefined) => {
    if (members !== undefined) return `[${negated ?? ''}${members.replace(/[\\\]]/g, '\\$&')}]`;
    if (part === '*') return '.*';
    return part === '?' ? '.' : part.replace(/[\\.+^${}()|[\]]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 'su');
}
