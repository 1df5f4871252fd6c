import type { Completion, CursorRequest, Inspection } from '../session/session.js';
import { commandHelp, magicHelp } from './magic-help.js';
import type { CommandSpec, MagicForm, MagicSpec } from './magic-spec.js';

/** Completes a magic at the cursor; `undefined` when the cursor is not in one. */
export function completeMagic(specs: readonly MagicSpec[], { code, offset }: CursorRequest): Completion | undefined {
  const place = findMagicAt(code, offset);
  if (!place) return undefined;
  const { before, form } = place;
  const prefix = form === 'cell' ? '%%' : '%';
  const word = /\S*$/.exec(before)?.[0] ?? '';
  const words = before.split(/\s+/).slice(0, -1);
  const result = (texts: readonly string[], kind: string): Completion => ({
    start: offset - word.length,
    end: offset,
    items: texts.filter((text) => text.startsWith(word)).map((text) => ({ text, kind }))
  });
  if (words.length === 0) {
    const named = specs.filter((spec) => hasForm(spec, form)).map((spec) => prefix + spec.name);
    return { start: offset - prefix.length - word.length, end: offset, items: named.filter((text) => text.startsWith(prefix + word)).map((text) => ({ text, kind: 'magic' })) };
  }
  const spec = specs.find(({ name }) => name === words[0]);
  if (!spec) return result([], 'magic');
  if ('subcommands' in spec && words.length === 1) {
    return result(Object.entries(spec.subcommands).filter(([, command]) => command.forms.includes(form)).map(([name]) => name), 'command');
  }
  const command = commandOf(spec, words);
  return result(command ? [...Object.keys(command.flags).map((name) => `--${name}`), '--help'] : [], 'flag');
}

/** The help of the magic at the cursor; `undefined` when the cursor is not in one. */
export function inspectMagic(specs: readonly MagicSpec[], { code, offset }: CursorRequest): Inspection | undefined {
  const place = findMagicAt(code, offset);
  if (!place) return undefined;
  const words = place.line.split(/\s+/);
  const spec = specs.find(({ name }) => name === words[0]);
  if (!spec) return undefined;
  const command = 'subcommands' in spec ? commandOf(spec, words) : undefined;
  const text = command ? commandHelp(`${words[0]} ${words[1]}`, command) : magicHelp(spec);
  return { text, markdown: `\`\`\`\n${text}\n\`\`\`` };
}

interface MagicPlace {
  readonly form: MagicForm;
  /** Text between the percent signs and the cursor. */
  readonly before: string;
  /** Text between the percent signs and the end of the line. */
  readonly line: string;
}

/** A line that starts with a magic's name needs no parse: while it is typed the cell around it seldom is correct. */
function findMagicAt(code: string, offset: number): MagicPlace | undefined {
  const lineStart = code.lastIndexOf('\n', offset - 1) + 1;
  const newline = code.indexOf('\n', offset);
  const line = code.slice(lineStart, newline < 0 ? code.length : newline);
  const match = /^((?:(?:const|let|var)\s+[\w$]+\s*=\s*)?(%%?))(?![%\s])/.exec(line);
  if (!match) return undefined;
  const [, head = '', percent = ''] = match;
  if (offset < lineStart + head.length) return undefined;
  return { form: percent === '%%' ? 'cell' : 'line', before: code.slice(lineStart + head.length, offset), line: line.slice(head.length) };
}

function commandOf(spec: MagicSpec, words: readonly string[]): CommandSpec | undefined {
  if ('command' in spec) return spec.command;
  const name = words[1] ?? '';
  return Object.hasOwn(spec.subcommands, name) ? spec.subcommands[name] : undefined;
}

function hasForm(spec: MagicSpec, form: MagicForm): boolean {
  const commands = 'command' in spec ? [spec.command] : Object.values(spec.subcommands);
  return commands.some((command) => command.forms.includes(form));
}
