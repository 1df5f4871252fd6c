import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../magics/usage-error.js';
import { CellSources } from './cell-sources.js';
import { reportError, TypeScriptError } from './error-report.js';

const report = (error: unknown) => {
  const { ename, evalue, traceback } = reportError(error, new CellSources());
  return { ename, evalue, text: traceback.join('\n').replace(/\u001b\[\d+m/g, '') };
};

describe('reportError', () => {
  it('shows errors of the product by what to do, with places and operation, without a stack', () => {
    const error = new VcpError('invalid_request', 'Two mistakes.', { hint: 'Mend them.', at: [{ file: 'c', line: 2, column: 3, message: 'bad' }], operation: 'op1' });
    expect(report(error)).toEqual({ ename: 'VcpError', evalue: 'Two mistakes.\n  c:2:3 bad\n→ Mend them.\noperation op1', text: 'VcpError: Two mistakes.\n  c:2:3 bad\n→ Mend them.\noperation op1' });
  });

  it('shows wrong use with its hint', () => expect(report(new UsageError('No.', 'Yes.')).text).toBe('UsageError: No.\nYes.'));
  it('shows what is no error', () => expect(report('just text')).toMatchObject({ ename: 'Thrown', evalue: "'just text'" }));

  it('tells causes, and ends where they go in circles', () => {
    const inner = new Error('inner');
    const outer = new Error('outer', { cause: inner });
    expect(report(outer).text).toMatch(/^Error: outer[\s\S]*Caused by Error: inner/);
    const circle: Error = new Error('a', { cause: new Error('b') });
    (circle.cause as Error).cause = circle;
    expect(report(circle).text.length).toBeLessThan(100_000);
  });

  it('marks the place in the text of a refused cell', () => {
    const error = new TypeScriptError('cell[1]', 'const a = 1\nconst b: string = a', [{ message: 'No.', code: 2322, line: 2, column: 7, length: 1 }], 2);
    expect(report(error)).toMatchObject({ evalue: 'cell[1]:2:7 TS2322: No.', text: 'TypeScriptError: cell[1]:2:7 TS2322: No.\n2 | const b: string = a\n          ^\n… and 2 more' });
  });
});
