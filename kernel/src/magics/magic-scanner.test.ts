import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCellMagic } from './cell-magic.js';
import { findMagicLines, replaceMagicLines } from './magic-scanner.js';

const names = (code: string): readonly string[] => findMagicLines(code).map((line) => `${line.name} ${line.args}`.trim());

describe('findMagicLines', () => {
  it.each([
    ['alone', '%vc ps', ['vc ps']],
    ['between statements', 'const a = 1\n%vc ps genome\na + 1', ['vc ps genome']],
    ['twice', '%vc ps\n%lsmagic', ['vc ps', 'lsmagic']],
    ['behind a regular expression with a quote', "const r = /['\"`{(]/g\n%vc ps", ['vc ps']],
    ['behind a division', 'const r = a / b / c\n%vc ps', ['vc ps']],
    ['behind a template with code in it', 'const t = `a${ {b: `x`}.b }c`\n%vc ps', ['vc ps']],
    ['behind a condition with a regular expression', 'if (x) /[(]/.test(x)\n%vc ps', ['vc ps']],
    ['behind a line comment with an open bracket', '// (\n%vc ps', ['vc ps']],
    ['with an apostrophe in its arguments', "%vc ps it's\nconst a = 1\n%lsmagic", ["vc ps it's", 'lsmagic']],
    ['assigned to a constant', 'const x = %vc ps', ['vc ps']],
    ['assigned to a typed variable', 'let x: string[] = %vc ps', ['vc ps']],
    ['assigned to a name', 'x = %vc ps', ['vc ps']]
  ])('finds a magic %s', (_where, code, expected) => {
    expect(names(code)).toEqual(expected);
  });

  it.each([
    ['a template', '`\n%vc ps\n`'],
    ['code in a template', '`${\n%vc ps\n}`'],
    ['a block comment', '/*\n%vc ps\n*/'],
    ['brackets', 'f(\n%vc ps\n)'],
    ['a function', 'function f() {\n%vc ps\n}'],
    ['an indented line', 'a\n  %vc'],
    ['a remainder', 'a % b'],
    ['a remainder at the start of a line', 'a\n% b'],
    ['a longer expression', 'const x = 1 + %vc ps']
  ])('leaves %s alone', (_what, code) => {
    expect(findMagicLines(code)).toEqual([]);
  });

  it('tells a cell magic on a later line', () => {
    expect(findMagicLines('const a = 1\n%%on compute')[0]).toMatchObject({ isCellMagic: true, name: 'on', line: 2 });
  });

  it('keeps every other line when magics are replaced', () => {
    const statement = fc.constantFrom('const a = 1', '`x\n%vc no\n${`%`}`', ';/[`(]/.test("%")', '// %vc', 'f({\n%vc no\n})', 'a / b', '');
    fc.assert(
      fc.property(fc.array(fc.oneof(statement, fc.constant('%vc ps')), { maxLength: 12 }), (statements) => {
        const code = statements.join('\n');
        const lines = findMagicLines(code);
        expect(lines).toHaveLength(statements.filter((text) => text === '%vc ps').length);
        expect(replaceMagicLines(code, lines, ({ start, end }) => code.slice(start, end))).toBe(code);
      })
    );
  });
});

describe('findCellMagic', () => {
  it('takes the whole cell', () => {
    expect(findCellMagic('%%on compute --timeout 5\necho hi\n%vc ps')).toEqual({ name: 'on', args: 'compute --timeout 5', body: 'echo hi\n%vc ps', line: 1 });
  });

  it('allows blank lines before it', () => {
    expect(findCellMagic('\n \n%%sh\nls')).toMatchObject({ name: 'sh', line: 3 });
  });

  it('is not found behind other text', () => {
    expect(findCellMagic('1\n%%sh')).toBeUndefined();
  });
});
