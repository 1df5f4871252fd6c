import { commandsOf, type CommandSpec, type MagicSpec } from './magic-spec.js';

/** The help of one command, as `--help` and hover show it. */
export function commandHelp(words: string, command: CommandSpec): string {
  const rows: (readonly [string, string])[] = [
    ...command.positionals.map((spec) => [spec.name, spec.about.en] as const),
    ...Object.entries(command.flags).map(([name, flag]) => [flagForm(name, flag), flag.about.en] as const),
    ['--help', 'shows this text'] as const
  ];
  const examples = command.examples ? `\n\nExamples:\n${command.examples.map((example) => example.replace(/^/gm, '  ')).join('\n\n')}` : '';
  return `${calls(words, command).join('\n')}\n\n${command.about.en}\n\n${table(rows)}${bodyNote(command)}${examples}`;
}

/** The help of a magic: its one command, or the list of its subcommands. */
export function magicHelp(spec: MagicSpec): string {
  if ('command' in spec) return commandHelp(spec.name, spec.command);
  const rows = commandsOf(spec).map(([words, command]) => [calls(words, command).at(-1) ?? words, command.about.en] as const);
  return `%${spec.name}: ${spec.about.en}\n\n${table(rows)}\n\n%${spec.name} COMMAND --help tells more.`;
}

/** The list of all magics, as `%lsmagic` prints it. */
export function magicList(specs: readonly MagicSpec[]): string {
  const rows = specs.flatMap((spec) => commandsOf(spec).map(([words, command]) => [`${prefixOf(command)}${words}`, command.about.en] as const));
  return `${table(rows)}\n\nEach has --help. Press Tab for its arguments.`;
}

function calls(words: string, command: CommandSpec): readonly string[] {
  const flags = Object.entries(command.flags).map(([name, flag]) => `[${flagForm(name, flag)}]${flag.many ? '…' : ''}`);
  const positionals = command.positionals.map((spec) => {
    const name = spec.many ? `${spec.name}…` : spec.name;
    return spec.optional ? `[${name}]` : name;
  });
  const rest = [...positionals, ...flags].join(' ');
  return command.forms.map((form) => `${form === 'cell' ? '%%' : '%'}${words} ${rest}`.trim());
}

function prefixOf(command: CommandSpec): string {
  return command.forms.includes('line') ? '%' : '%%';
}

function flagForm(name: string, flag: CommandSpec['flags'][string]): string {
  return flag.type === 'boolean' ? `--${name}` : `--${name} ${flag.value ?? flag.type.toUpperCase()}`;
}

function bodyNote(command: CommandSpec): string {
  if (command.body === 'yaml') return '\n\nThe body is YAML. ${name} inserts a variable of the notebook; $${ is a plain ${.';
  if (command.body === 'shell') {
    return '\n\nThe body is shell text. ${name} inserts a variable of the notebook, quoted; $NAME and $${NAME} are variables of the shell.';
  }
  return '';
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(44, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
