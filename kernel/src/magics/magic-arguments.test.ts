import { describe, expect, it } from 'vitest';
import { splitWords } from './argument-words.js';
import { parseCall } from './magic-arguments.js';
import { completeMagic, inspectMagic } from './magic-completion.js';
import { commandHelp, magicHelp, magicList } from './magic-help.js';
import { commandsOf } from './magic-spec.js';
import { nearestName } from './nearest-name.js';
import { MAGIC_SPECS } from './specs.js';

const spec = (name: string) => MAGIC_SPECS.find((candidate) => candidate.name === name)!;
const parse = (form: 'line' | 'cell', name: string, text: string) => parseCall(spec(name), form, splitWords(text));
const completions = (code: string): readonly string[] => (completeMagic(MAGIC_SPECS, { code, offset: code.length })?.items ?? []).map(({ text }) => text);

describe('splitWords', () => {
  it.each([
    ['a  b', ['a', 'b']],
    ['"a b" \'c "d\'', ['a b', 'c "d']],
    ['a\\ b ""', ['a b', '']],
    ['x="1 2"', ['x=1 2']],
    ['"a\\"b"', ['a"b']],
    ['', []]
  ])('splits %j', (text, words) => expect(splitWords(text)).toEqual(words));
  it('names a quote that is left open', () => expect(() => splitWords('a "b')).toThrow(/never closed/));
});

describe('parseCall', () => {
  it('reads positionals, flags with and without value, and repeated flags', () => {
    const { args, words } = parse('line', 'vc', 'scale compute 4 --allow-remove compute:1 --allow-remove=head:1 --vc genome');
    expect(words).toBe('vc scale');
    expect([args.text('UNIT'), args.integer('N'), args.list('allow-remove'), args.optionalText('vc')]).toEqual(['compute', 4, ['compute:1', 'head:1'], 'genome']);
  });

  it('reads times', () => expect(parse('cell', 'sh', '--timeout 1.5m').args.optionalDurationMs('timeout')).toBe(90_000));
  it('takes words behind -- as they are', () => expect(() => parse('cell', 'on', '-- --env')).not.toThrow());

  it.each([
    ['line', 'vc', 'scal compute 4', /no command "scal"/],
    ['line', 'vc', 'scale compute four', /N must be a whole number/],
    ['line', 'vc', 'scale compute', /wants N/],
    ['line', 'vc', 'ps --al', /no flag --al/],
    ['line', 'vc', 'ps a b', /does not know what to do with "b"/],
    ['line', 'vc', 'apply', /does not exist in this form/],
    ['cell', 'vc', 'ps', /does not exist in this form/],
    ['cell', 'vc', 'apply --yes=1', /--yes takes no value/],
    ['cell', 'on', 'compute --into 1x', /name of a variable/],
    ['cell', 'sh', '--timeout soon', /30s, 5m or 1h/],
    ['cell', 'sh', '--timeout 1s --timeout 2s', /given twice/],
    ['cell', 'sh', '--into', /wants a value/]
  ] as const)('refuses %s %s %s', (form, name, text, message) => expect(() => parse(form, name, text)).toThrow(message));

  it('offers the nearest command', () => {
    try {
      parse('line', 'vc', 'scal compute 4');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ hint: 'Did you mean %vc scale?' });
    }
  });
});

describe('nearestName', () => {
  it.each([
    ['aply', 'apply'],
    ['pss', 'ps'],
    ['xyzzy', undefined]
  ])('finds for %s: %s', (name, near) => expect(nearestName(name, ['apply', 'ps', 'scale'])).toBe(near));
});

describe('every declared magic', () => {
  const all = MAGIC_SPECS.flatMap((candidate) => commandsOf(candidate).map(([words, command]) => ({ spec: candidate, words, command })));

  it.each(all)('$words has help that names its arguments', ({ words, command }) => {
    const help = commandHelp(words, command);
    for (const { name } of command.positionals) expect(help).toContain(name);
    for (const flag of Object.keys(command.flags)) expect(help).toContain(`--${flag}`);
    expect(help).toContain(command.about.en);
    expect(magicList(MAGIC_SPECS)).toContain(command.about.en);
  });

  it.each(all)('$words is completed and explained', ({ spec: owner, words, command }) => {
    const percent = command.forms.includes('line') ? '%' : '%%';
    expect(completions(`${percent}${words} --`)).toEqual([...Object.keys(command.flags).map((flag) => `--${flag}`), '--help']);
    const code = `${percent}${words}`;
    expect(inspectMagic(MAGIC_SPECS, { code, offset: code.length })?.text).toBe('subcommands' in owner ? commandHelp(words, command) : magicHelp(owner));
  });
});

describe('completeMagic', () => {
  it.each([
    ['%l', ['%lsmagic']],
    ['%%o', ['%%on']],
    ['a\n%v', ['%vc']],
    ['%vc s', ['scale']],
    ['const x = %vc p', ['plan', 'ps']],
    ['%nothing --', []]
  ])('offers for %j', (code, expected) => expect(completions(code)).toEqual(expected));

  it('leaves ordinary code alone', () => expect(completeMagic(MAGIC_SPECS, { code: 'a % b', offset: 5 })).toBeUndefined());
});
