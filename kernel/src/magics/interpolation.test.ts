import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { interpolate, interpolateArgument, SECRET_MARK, type Variables } from './interpolation.js';

function variables(values: Readonly<Record<string, unknown>>): Variables {
  return { has: (name) => Object.hasOwn(values, name), get: (name) => values[name], names: () => Object.keys(values) };
}

const yaml = (body: string, values: Readonly<Record<string, unknown>>): unknown => parse(interpolate(body, 'yaml', variables(values), 2));
/** What a real shell makes of it: its words, each in brackets. */
const shell = (body: string, values: Readonly<Record<string, unknown>>): string =>
  spawnSync('bash', ['-c', interpolate(body, 'shell', variables(values), 2)], { encoding: 'utf8' }).stdout;

const anyText = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: fc.constantFrom('\'', '"', '\\', '$', '`', '{', '}', ':', '#', ' ', '\n', '-', 'é', '[', ',', '!', '&', '*', '1', 'n') }));
/** What neither a shell's arguments nor YAML can carry. */
const text = anyText.map((value) => value.replace(/[\0\ud800-\udfff]/g, ''));
const scalar = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom('yes', 'no', 'null', '~', '1e3', '0x10', '2026-12-01', '12:30', '', 'on', '.5', '- a', 'a: b', '1_000', '0o7'));
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }), fc.dictionary(fc.constantFrom('a', 'b c', 'd:e', '1'), scalar, { maxKeys: 3 }));

describe('interpolation into YAML', () => {
  it('gives back exactly the value, wherever a whole value may stand', () => {
    fc.assert(
      fc.property(value, (x) => {
        expect(yaml('a: ${x}\nb: [${x}, {c: ${x} }]\nd:\n  - ${x}', { x })).toEqual({ a: x, b: [x, { c: x }], d: [x] });
      })
    );
  });

  it('gives back the text between double quotes', () => {
    fc.assert(fc.property(text, (x) => {
        expect(yaml('a: "<${x}>"', { x })).toEqual({ a: `<${x}>` });
      })
    );
  });

  it('gives back the text between single quotes, when it has no line break', () => {
    fc.assert(fc.property(text.map((x) => x.replace(/[\n\r\u0085\u2028\u2029\ufeff]/g, '')), (x) => {
        expect(yaml("a: '<${x}>'", { x })).toEqual({ a: `<${x}>` });
      })
    );
  });

  it('keeps the indentation of a block', () => {
    expect(yaml('script: |\n  one\n  ${x}\n  two\n', { x: 'a\nb' })).toEqual({ script: 'one\na\nb\ntwo\n' });
  });

  it.each([
    ['name: web-${x}', 'one', { name: 'web-one' }],
    ['image: repo/${x}:1', 'app', { image: 'repo/app:1' }],
    ['count: ${x}', 4, { count: 4 }],
    ['a: 1 # ${nowhere}', '', { a: 1 }],
    ['a: $${x}', '', { a: '${x}' }],
    ['a: ${ x }', 'v', { a: 'v' }]
  ])('reads %j', (body, x, expected) => expect(yaml(body, { x })).toEqual(expected));

  it.each([
    ['a: web-${x}', 'a: b', /column 8: x would change the meaning/],
    ['a: "n"\nb: ${y}', 1, /Line 3, column 4: there is no variable y/],
    ['a: ${x + 1}', 1, /is not the name of a variable/],
    ['a: "${x}"', [1], /can only stand alone/],
    ['a: ${x}', undefined, /x has no value yet/],
    ['a: ${x}', () => 1, /x is a function/],
    ['a: ${x}', { [SECRET_MARK]: true }, /x is a secret/],
    ['a: ${x}', [{ deep: { [SECRET_MARK]: true } }], /x is a secret/],
    ['a: ${x.token}', { token: { [SECRET_MARK]: true } }, /is a secret/]
  ])('refuses %j with %j', (body, x, message) => expect(() => yaml(body, { x })).toThrow(message));

  it('reads members and elements', () => {
    expect(yaml('a: ${x.list[1].name}', { x: { list: [0, { name: 'n' }] } })).toEqual({ a: 'n' });
  });
});

describe('interpolation into shell text', () => {
  it('is one word with exactly the value, bare and in quotes', () => {
    fc.assert(
      fc.property(text, (x) => {
        expect(shell('printf "[%s]" ${x} "${x}" \'${x}\' a${x}b "$(printf %s "${x}")."', { x })).toBe(`[${x}][${x}][${x}][a${x}b][${x.replace(/\n+$/, '')}.]`.replace(/\n+\.\]$/, '.]'));
      }),
      { numRuns: 60 }
    );
  });

  it('is exact in here-documents, quoted or not', () => {
    fc.assert(
      fc.property(text, (x) => {
        expect(shell("cat <<END\n<${x}>\nEND\ncat <<'END'\n<${x}>\nEND\n", { x })).toBe(`<${x}>\n<${x}>\n`);
      }),
      { numRuns: 60 }
    );
  });

  it.each([
    ['a shift in arithmetic that looks like a here-document', 'x=$((1 << bits))\necho ${x}', 'a; echo PWNED'],
    ['the word of a quoted here-document', "cat <<'EOF'\n${x}\nEOF\n", 'EOF\necho PWNED'],
    ['the word of a here-document with tabs', 'cat <<-EOF\n${x}\nEOF\n', '\tEOF\necho PWNED'],
    ['escapes of the shell', "echo $'${x}'", "\\'; echo PWNED #"],
    ['backticks', 'y=`echo ${x}`', 'a` ; echo PWNED ; `']
  ])('refuses a value where it could become a command: %s', (_what, body, x) => {
    expect(() => interpolate(body, 'shell', variables({ x }), 2)).toThrow();
  });

  it('makes a list several words', () => expect(shell('printf "[%s]" ${x}', { x: ['a b', 'c', ''] })).toBe('[a b][c][]'));

  it('leaves what is the shell’s to the shell', () => {
    expect(shell('y=1; printf "%s " $y "$${y}" "${y:-z}" ${#y} # ${nowhere}', {})).toBe('1 1 1 1 ');
  });

  it('keeps a value out of a here-document that it would end', () => {
    expect(() => interpolate('cat <<END\n${x}\nEND', 'shell', variables({ x: 'a\nEND\nrm' }), 1)).toThrow(/would end the here-document/);
  });

  it('says how to write a variable of the shell', () => {
    try {
      interpolate('echo ${HOME}', 'shell', variables({}), 2);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ name: 'UsageError', hint: 'Write $${HOME} for a variable of the shell.' });
    }
  });
});

describe('interpolateArgument', () => {
  it('puts in plain text', () => expect(interpolateArgument('n-${x}', variables({ x: 3 }), 1)).toBe('n-3'));
  it('refuses lists', () => expect(() => interpolateArgument('${x}', variables({ x: [] }), 1)).toThrow(/not a text or a number/));
});
