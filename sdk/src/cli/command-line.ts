import { parseArgs, type ParseArgsConfig } from 'node:util';
import { nearest } from '../wire/index.js';
import { UsageError, type Command, type Invocation, type OptionSpec } from './command.js';

/** Options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  json: { summary: 'print the result as JSON' },
  help: { short: 'h', summary: 'show this help' }
};

export interface ParsedLine { readonly command: Command; readonly invocation: Invocation; readonly json: boolean; readonly help: boolean }

/**
 * Reads a command line by the table of commands; `controller start` is looked for before `controller`.
 * @throws UsageError naming the nearest command or option.
 */
export function parseCommandLine(args: readonly string[], commands: readonly Command[]): ParsedLine {
  const two = commands.find(command => command.name === args.slice(0, 2).join(' '));
  const command = two ?? commands.find(candidate => candidate.name === args[0]);
  if (command === undefined) throw unknownCommand(args, commands);
  const own = args.slice(command.name.split(' ').length);
  const specs = { ...command.options, ...COMMON_OPTIONS };
  const { values, positionals, rest } = parse(own, specs, command);
  const help = values['help'] === true;
  if (!help) checkWords(command, positionals, rest);
  return { command, json: values['json'] === true, help, invocation: invocationOf(values, positionals, rest) };
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

function parse(args: readonly string[], specs: Readonly<Record<string, OptionSpec>>, command: Command): { values: Values; positionals: readonly string[]; rest: readonly string[] } {
  const cut = args.indexOf('--');
  const [own, rest] = cut < 0 ? [args, []] : [args.slice(0, cut), args.slice(cut + 1)];
  const options: ParseArgsConfig['options'] = {};
  for (const [name, spec] of Object.entries(specs)) options[name] = { type: spec.value === undefined ? 'boolean' : 'string', ...(spec.short === undefined ? {} : { short: spec.short }), ...(spec.multiple === true ? { multiple: true } : {}) };
  try {
    const { values, positionals } = parseArgs({ args: [...own], options, allowPositionals: true, strict: true });
    return { values: values as Values, positionals, rest };
  } catch (error) {
    throw optionError(error as NodeJS.ErrnoException, own, specs, command);
  }
}

function optionError(error: NodeJS.ErrnoException, args: readonly string[], specs: Readonly<Record<string, OptionSpec>>, command: Command): UsageError {
  const hint = `Look at: vcp ${command.name} --help`;
  if (error.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return new UsageError(error.message.split('\n')[0]!.replace(/\.$/, ''), hint);
  const shown = /'(-[^']*)'/.exec(error.message)?.[1]?.split(' ')[0] ?? args.find(word => word.startsWith('-')) ?? '';
  const near = nearest(shown.replace(/^-+/, ''), Object.keys(specs));
  return new UsageError(`vcp ${command.name} has no option ${shown}`, near === undefined ? hint : `Did you mean --${near}?`);
}

/** `FILE` has to be there, `[VC]` may be, `NAME…` is one or more, `-- CMD` stands after two dashes. */
function checkWords(command: Command, positionals: readonly string[], rest: readonly string[]): void {
  const [before = '', after] = command.words.split('--').map(part => part.trim());
  const wanted = before.split(/\s+/).filter(word => word !== '');
  const missing = wanted.filter(word => !word.startsWith('['))[positionals.length];
  const usage = `vcp ${command.name} ${command.words}`.trim();
  if (missing !== undefined) throw new UsageError(`${missing} is missing`, `Write: ${usage}`);
  if (positionals.length > wanted.length && !wanted.some(word => word.includes('…'))) throw new UsageError(`“${positionals[wanted.length]}” is one word too many`, `Write: ${usage}`);
  if (after !== undefined && !after.startsWith('[') && rest.length === 0) throw new UsageError('the command to run is missing', `Write: ${usage}`);
}

function unknownCommand(args: readonly string[], commands: readonly Command[]): UsageError {
  const word = args[0] ?? '';
  const subcommands = commands.filter(command => command.name.startsWith(`${word} `)).map(command => command.name);
  if (subcommands.length > 0) {
    const near = args[1] === undefined ? undefined : nearest(`${word} ${args[1]}`, subcommands);
    return new UsageError(args[1] === undefined ? `vcp ${word} needs one word more` : `vcp ${word} ${args[1]} is not a command`, near === undefined ? `Known are: ${subcommands.map(name => `vcp ${name}`).join(', ')}` : `Did you mean “vcp ${near}”?`);
  }
  const near = nearest(word, commands.map(command => command.name));
  return new UsageError(`“${word}” is not a command of vcp`, near === undefined ? 'Look at: vcp --help' : `Did you mean “vcp ${near}”?`);
}

function invocationOf(values: Values, words: readonly string[], rest: readonly string[]): Invocation {
  const texts = (name: string): readonly string[] => [values[name] ?? []].flat().map(String);
  return {
    words, rest, texts,
    flag: name => values[name] === true,
    text: name => texts(name)[0],
    number: name => {
      const text = texts(name)[0];
      if (text === undefined) return undefined;
      if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} wants a whole number, not “${text}”`);
      return Number(text);
    }
  };
}

export function helpOf(command: Command): string {
  const specs = { ...command.options, ...COMMON_OPTIONS };
  const names = Object.entries(specs).map(([name, spec]) => `${spec.short === undefined ? '    ' : `-${spec.short}, `}--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`);
  const width = Math.max(...names.map(name => name.length));
  return [
    `vcp ${command.name} ${command.words}`.trim(), '', `  ${command.summary}`, '',
    ...Object.values(specs).map((spec, index) => `  ${names[index]!.padEnd(width)}  ${spec.summary}${spec.multiple === true ? ' (may be given several times)' : ''}`),
    ...(command.examples === undefined ? [] : ['', ...command.examples.map(example => `  $ ${example}`)])
  ].join('\n');
}

export function helpOfAll(commands: readonly Command[]): string {
  const usages = commands.map(command => `${command.name} ${command.words}`.trim());
  const width = Math.min(44, Math.max(...usages.map(usage => usage.length)));
  return [
    'vcp: virtual clouds from the command line', '',
    ...commands.map((command, index) => (usages[index]!.length > width ? `  ${usages[index]!}\n  ${' '.repeat(width)}  ${command.summary}` : `  ${usages[index]!.padEnd(width)}  ${command.summary}`)), '',
    'vcp COMMAND --help tells more. --json prints results as JSON.',
    'Exit codes: 0 done, 1 failed, 2 usage, 3 needs attention.',
    'Ctrl-C ends the waiting, not the operation.'
  ].join('\n');
}
