import { describe, expect, it } from 'vitest';
import { History } from './history.js';

function filled(): History {
  const history = new History();
  ['a', 'b*', 'a', 'long\ntext'].forEach((source, index) => history.add(index + 1, source));
  history.setOutput(2, 'out');
  return history;
}

describe('History', () => {
  it('gives the tail, with outputs on request', () => {
    expect(filled().select({ hist_access_type: 'tail', n: 2 })).toEqual([[1, 3, 'a'], [1, 4, 'long\ntext']]);
    expect(filled().select({ hist_access_type: 'range', session: 0, start: 2, stop: 3, output: true })).toEqual([[1, 2, ['b*', 'out']]]);
  });

  it('knows no other session', () => expect(filled().select({ hist_access_type: 'range', session: -1, start: 1 })).toEqual([]));

  it.each([
    ['a', [1, 3]],
    ['b[*]', [2]],
    ['[ab]*', [1, 2, 3]],
    ['[^a]*', [2, 4]],
    ['long?text', [4]],
    ['(', []]
  ])('searches for %j', (pattern, lines) => {
    expect(filled().select({ hist_access_type: 'search', pattern }).map(([, line]) => line)).toEqual(lines);
  });

  it('keeps the latest of equal ones', () => {
    expect(filled().select({ hist_access_type: 'search', pattern: '*', unique: true }).map(([, line]) => line)).toEqual([2, 3, 4]);
  });
});
