import { describe, expect, it } from 'vitest';
import { checkCompleteness } from './completeness.js';

describe('checkCompleteness', () => {
  it.each(['const a = 1', 'f()', 'if (x) { y() }', '', '// comment', 'await g()', '`a\nb`', '%vc ps', 'const x = %vc ps', '%%sh\nls\n\n', 'class A { x = 1 }'])(
    'calls %j complete',
    (code) => expect(checkCompleteness(code)).toEqual({ status: 'complete' })
  );

  it.each([
    ['function f() {', '  '],
    ['  if (x) {', '    '],
    ['`abc', ''],
    ['/* abc', ''],
    ['const x =', ''],
    ['f(1,', ''],
    ['a.', ''],
    ['const g = () =>', '  '],
    ['[1,\n  2,', '  '],
    ['%%sh\nls', '']
  ])('wants more after %j', (code, indent) => expect(checkCompleteness(code)).toEqual({ status: 'incomplete', indent }));

  it.each(['}', 'const = 1;', 'f(}', '"abc', 'a b', 'const x = 1)', 'x = /abc'])('calls %j invalid', (code) =>
    expect(checkCompleteness(code)).toEqual({ status: 'invalid' })
  );
});
