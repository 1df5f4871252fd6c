import { describe, expect, it } from 'vitest';
import { helpOf, helpOfAll, parseCommandLine } from './command-line.js';
import { UsageError } from './command.js';
import { COMMANDS } from './commands.js';

const parse = (line: string) => parseCommandLine(line.split(' ').filter(word => word !== ''), COMMANDS);

function usage(line: string): { readonly message: string; readonly hint: string | undefined } {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof UsageError) return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('the line was accepted');
}

describe('parseCommandLine', () => {
  it('reads words, options in any place, and what stands after --', () => {
    const line = parse('exec --timeout 5 genome/compute -e A=1 --env B=2=3 --json -- ls -l --json');
    expect([line.command.name, line.json, line.invocation.words, line.invocation.rest]).toEqual(['exec', true, ['genome/compute'], ['ls', '-l', '--json']]);
    expect([line.invocation.number('timeout'), line.invocation.texts('env'), line.invocation.flag('stdin')]).toEqual([5, ['A=1', 'B=2=3'], false]);
  });

  it('reads commands of two words', () => {
    expect(parse('controller start').command.name).toBe('controller start');
    expect(parse('op cancel op-1').invocation.words).toEqual(['op-1']);
  });

  it('takes options that may be given several times', () => {
    expect(parse('apply f.yml -y --allow-remove a:1 --allow-remove b:2').invocation.texts('allow-remove')).toEqual(['a:1', 'b:2']);
  });

  it.each([
    ['aply f.yml', '“aply” is not a command of vcp', 'Did you mean “vcp apply”?'],
    ['controller', 'vcp controller needs one word more', 'Known are: vcp controller start, vcp controller stop, vcp controller status'],
    ['controller stat', 'vcp controller stat is not a command', 'Did you mean “vcp controller start”?'],
    ['apply', 'FILE is missing', 'Write: vcp apply FILE'],
    ['scale genome/compute', 'N is missing', 'Write: vcp scale VC/UNIT N'],
    ['ps a b', '“b” is one word too many', 'Write: vcp ps [VC]'],
    ['exec genome/compute', 'the command to run is missing', 'Write: vcp exec TARGET -- CMD'],
    ['apply f.yml --yse', 'vcp apply has no option --yse', 'Did you mean --yes?'],
    ['delete g --confrim g', 'vcp delete has no option --confrim', 'Did you mean --confirm?']
  ])('%s → %s', (line, message, hint) => {
    expect(usage(line)).toEqual({ message, hint });
  });

  it('wants numbers to be numbers', () => {
    expect(() => parse('ops --limit many').invocation.number('limit')).toThrow('--limit wants a whole number, not “many”');
  });

  it('shows help without the words that are missing', () => {
    expect(parse('scale --help').help).toBe(true);
  });
});

describe('help', () => {
  it('tells every command once, and every option of each', () => {
    const all = helpOfAll(COMMANDS);
    for (const command of COMMANDS) {
      expect(all).toContain(`  ${`${command.name} ${command.words}`.trim()}`);
      const help = helpOf(command);
      for (const [name, spec] of Object.entries(command.options ?? {})) expect(help).toContain(`--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`);
      for (const example of command.examples ?? []) expect(() => parseCommandLine(example.match(/"[^"]*"|\S+/g)!.map(word => word.replaceAll('"', '')).slice(1), COMMANDS), example).not.toThrow();
    }
  });
});
