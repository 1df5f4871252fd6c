/** A text for people, by language. */
export interface Words {
  readonly en: string;
}

/** `line`: `%name …` on a line of its own; `cell`: `%%name …` with a body. */
export type MagicForm = 'line' | 'cell';

export type ValueType = 'text' | 'integer' | 'duration' | 'name';

export interface PositionalSpec {
  /** As help shows it, in capitals. */
  readonly name: string;
  readonly about: Words;
  readonly type: ValueType;
  readonly optional?: boolean;
  /** Takes all the rest; only the last one may. */
  readonly many?: boolean;
}

export interface FlagSpec {
  readonly about: Words;
  readonly type: ValueType | 'boolean';
  /** How help names the value. */
  readonly value?: string;
  /** May be given several times. */
  readonly many?: boolean;
}

/** How the body of a cell magic is read, which decides how `${name}` is put into it. */
export type BodyFormat = 'yaml' | 'shell' | 'none';

export interface CommandSpec {
  readonly about: Words;
  readonly forms: readonly MagicForm[];
  readonly positionals: readonly PositionalSpec[];
  readonly flags: Readonly<Record<string, FlagSpec>>;
  readonly body: BodyFormat;
  readonly examples?: readonly string[];
}

/**
 * Everything that is said about a magic, in one place: parser, `--help`, completion, hover and `%lsmagic` all come from
 * here. A magic is either one command or a family of subcommands.
 */
export type MagicSpec = { readonly name: string; readonly about: Words } & (
  | { readonly command: CommandSpec }
  | { readonly subcommands: Readonly<Record<string, CommandSpec>> }
);

/** The commands of a magic with the words that call them (`vc ps`, `sh`). */
export function commandsOf(spec: MagicSpec): readonly (readonly [words: string, command: CommandSpec])[] {
  if ('command' in spec) return [[spec.name, spec.command]];
  return Object.entries(spec.subcommands).map(([name, command]) => [`${spec.name} ${name}`, command] as const);
}
