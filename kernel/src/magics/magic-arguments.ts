import type { CommandSpec, FlagSpec, MagicForm, MagicSpec, PositionalSpec, ValueType } from './magic-spec.js';
import { nearestName } from './nearest-name.js';
import { UsageError } from './usage-error.js';

type Value = string | number | boolean | readonly (string | number)[];

/** The arguments of one call, checked against the declaration of its command. */
export class MagicArguments {
  readonly #values: ReadonlyMap<string, Value>;

  constructor(values: ReadonlyMap<string, Value>) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  optionalText(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === undefined ? undefined : String(value);
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) throw new UsageError(`${name} is missing.`);
    return value;
  }

  optionalInteger(name: string): number | undefined {
    const value = this.#values.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  integer(name: string): number {
    const value = this.optionalInteger(name);
    if (value === undefined) throw new UsageError(`${name} is missing.`);
    return value;
  }

  /** Milliseconds. */
  optionalDurationMs(name: string): number | undefined {
    return this.optionalInteger(name);
  }

  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value.map(String) : [];
  }
}

export interface ParsedCall {
  /** The words that call the command, for example `vc ps`. */
  readonly words: string;
  readonly command: CommandSpec;
  readonly args: MagicArguments;
  readonly helpWanted: boolean;
}

/** Finds the command that the words call and reads its arguments. Throws `UsageError` naming what is wrong. */
export function parseCall(spec: MagicSpec, form: MagicForm, words: readonly string[]): ParsedCall {
  const prefix = form === 'cell' ? '%%' : '%';
  const { words: called, command, rest } = chooseCommand(spec, prefix, words);
  if (!command) return { words: called, command: familyHelp(spec), args: new MagicArguments(new Map()), helpWanted: true };
  if (rest.includes('--help') || rest.includes('-h')) return { words: called, command, args: new MagicArguments(new Map()), helpWanted: true };
  if (!command.forms.includes(form)) {
    const other = form === 'cell' ? `%${called}` : `%%${called}`;
    const where = form === 'cell' ? 'on a line of its own, without a body' : 'at the start of a cell, with a body below it';
    throw new UsageError(`${prefix}${called} does not exist in this form.`, `Write ${other} ${where}.`);
  }
  return { words: called, command, args: new ArgumentReader(prefix + called, command).read(rest), helpWanted: false };
}

function familyHelp(spec: MagicSpec): CommandSpec {
  return { about: spec.about, forms: ['line'], positionals: [], flags: {}, body: 'none' };
}

function chooseCommand(
  spec: MagicSpec,
  prefix: string,
  words: readonly string[]
): { readonly words: string; readonly command: CommandSpec | undefined; readonly rest: readonly string[] } {
  if ('command' in spec) return { words: spec.name, command: spec.command, rest: words };
  const [name, ...rest] = words;
  if (name === undefined || name === '--help' || name === '-h') return { words: spec.name, command: undefined, rest: [] };
  const command = Object.hasOwn(spec.subcommands, name) ? spec.subcommands[name] : undefined;
  if (command) return { words: `${spec.name} ${name}`, command, rest };
  const known = Object.keys(spec.subcommands);
  const near = nearestName(name, known);
  throw new UsageError(
    `${prefix}${spec.name} has no command "${name}".`,
    near ? `Did you mean ${prefix}${spec.name} ${near}?` : `It has: ${known.join(', ')}.`
  );
}

class ArgumentReader {
  readonly #called: string;
  readonly #command: CommandSpec;
  readonly #values = new Map<string, Value>();
  readonly #positionals: string[] = [];

  constructor(called: string, command: CommandSpec) {
    this.#called = called;
    this.#command = command;
  }

  read(words: readonly string[]): MagicArguments {
    let onlyPositionals = false;
    for (let i = 0; i < words.length; i++) {
      const word = words[i] ?? '';
      if (onlyPositionals || !word.startsWith('--')) this.#positionals.push(word);
      else if (word === '--') onlyPositionals = true;
      else if (this.#flag(word, words[i + 1])) i++;
    }
    this.#assignPositionals();
    return new MagicArguments(this.#values);
  }

  /** Whether the flag took the next word as its value. */
  #flag(word: string, next: string | undefined): boolean {
    const [name = '', ...inline] = word.slice(2).split('=');
    const spec = Object.hasOwn(this.#command.flags, name) ? this.#command.flags[name] : undefined;
    if (!spec) {
      const near = nearestName(name, Object.keys(this.#command.flags));
      throw new UsageError(`${this.#called} has no flag --${name}.`, near ? `Did you mean --${near}?` : this.#help());
    }
    if (spec.type === 'boolean') {
      if (inline.length > 0) throw new UsageError(`--${name} takes no value.`, this.#help());
      this.#values.set(name, true);
      return false;
    }
    const text = inline.length > 0 ? inline.join('=') : next;
    if (text === undefined) throw new UsageError(`--${name} wants a value.`, this.#help());
    this.#setFlag(name, spec, readValue(spec.type, text, `--${name}`));
    return inline.length === 0;
  }

  #setFlag(name: string, spec: FlagSpec, value: string | number): void {
    const before = this.#values.get(name);
    if (spec.many) this.#values.set(name, [...(Array.isArray(before) ? before : []), value]);
    else if (before !== undefined) throw new UsageError(`--${name} is given twice.`);
    else this.#values.set(name, value);
  }

  #assignPositionals(): void {
    const words = [...this.#positionals];
    for (const spec of this.#command.positionals) {
      if (spec.many) {
        this.#setMany(spec, words.splice(0));
        continue;
      }
      const word = words.shift();
      if (word !== undefined) this.#values.set(spec.name, readValue(spec.type, word, spec.name));
      else if (!spec.optional) throw new UsageError(`${this.#called} wants ${spec.name}: ${spec.about.en}`, this.#help());
    }
    if (words.length > 0) throw new UsageError(`${this.#called} does not know what to do with "${words.join(' ')}".`, this.#help());
  }

  #setMany(spec: PositionalSpec, words: readonly string[]): void {
    if (words.length === 0 && !spec.optional) throw new UsageError(`${this.#called} wants ${spec.name}: ${spec.about.en}`, this.#help());
    this.#values.set(spec.name, words.map((word) => readValue(spec.type, word, spec.name)));
  }

  #help(): string {
    return `See ${this.#called} --help.`;
  }
}

function readValue(type: ValueType, text: string, name: string): string | number {
  if (type === 'integer') {
    if (!/^[+-]?\d+$/.test(text)) throw new UsageError(`${name} must be a whole number, not "${text}".`);
    return Number(text);
  }
  if (type === 'duration') return readDurationMs(text, name);
  if (type === 'name' && !/^[\p{L}$_][\p{L}\p{N}$_]*$/u.test(text)) throw new UsageError(`${name} must be the name of a variable, not "${text}".`);
  return text;
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function readDurationMs(text: string, name: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const [, amount, unit = 's'] = match ?? [];
  if (amount === undefined) throw new UsageError(`${name} must be a time such as 30s, 5m or 1h, not "${text}".`);
  return Math.round(Number(amount) * (UNITS_MS[unit] ?? 1000));
}
