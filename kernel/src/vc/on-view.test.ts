import type { ExecResult } from '@jupyterlab-vcp/sdk';
import { describe, expect, it } from 'vitest';
import { onBundle, type NodeOutcome } from './on-view.js';

function said(node: string, stdout: string, code: number | null = 0, rest: Partial<ExecResult> = {}): NodeOutcome {
  return { node, result: { node, exec: 'x', stdout, stderr: '', code, timedOut: false, outcome: 'exited', durationMs: 61_000, ...rest } };
}

const text = (outcomes: readonly NodeOutcome[]): string => String(onBundle('genome', outcomes, '')['text/plain']);
const html = (outcomes: readonly NodeOutcome[]): string => String(onBundle('genome', outcomes, '')['text/html']);

describe('onBundle', () => {
  it('folds what is the same and names the virtual cloud', () => {
    expect(text([said('w-1', 'a\n'), said('w-2', 'b\n'), said('w-3', 'a\n')])).toBe('✔ genome: 3 nodes done in 1:01\n── ✔ w-1, w-3 (2 nodes said the same)\na\n── ✔ w-2\nb');
  });

  it('puts failed nodes first and open', () => {
    const outcomes = [said('w-1', 'fine'), said('w-2', 'oh', 2), { node: 'w-3', problem: 'cannot be reached' }];
    expect(text(outcomes)).toMatch(/^✖ genome: 2 of 3 nodes failed.*\n── ✖ w-2: exit code 2\noh\n── ✖ w-3: cannot be reached\n── ✔ w-1\nfine$/);
    expect(html(outcomes)).toMatch(/<details open><summary>✖ w-2.*<details open><summary>✖ w-3.*<details><summary>✔ w-1/);
  });

  it.each([
    [{ timedOut: true, code: null }, 'timed out'],
    [{ outcome: 'unknown', code: null }, 'outcome unknown'],
    [{ signal: 'SIGKILL', code: null }, 'ended by SIGKILL']
  ] as const)('says how it ended: %o', (rest, words) => expect(text([said('w-1', '', null, rest)])).toContain(words));

  it('keeps same outputs with another end apart', () => expect(text([said('w-1', 'a'), said('w-2', 'a', 1)])).not.toContain('said the same'));
  it('lets no output become markup', () => expect(html([said('w-1', '<script>x</script>')])).not.toContain('<script>'));

  it('says what it left out of a very long output', () => {
    const shown = text([said('w-1', 'x'.repeat(70_000))]);
    expect(shown).toContain('4,464 characters left out; --into VAR keeps all');
  });
});
