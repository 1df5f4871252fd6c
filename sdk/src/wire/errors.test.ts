import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, VcpError, isVcpError, problemSchema, toVcpError } from './index.js';

describe('error codes', () => {
  it('are exactly those that docs/errors.md explains', () => {
    const text = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const explained = [...text.matchAll(/^\|\s*`([a-z_]+)`/gm)].map(match => match[1]!);
    expect(explained.sort()).toEqual([...ERROR_CODES].sort());
  });
});

describe('VcpError', () => {
  it('crosses JSON without losing anything but its cause', () => {
    const error = new VcpError('conflict', 'm', { hint: 'h', at: [{ path: 'a', message: 'b' }], operation: 'op-1', details: { a: 1 }, cause: new Error('secret') });
    const again = VcpError.from(JSON.parse(JSON.stringify(error)));
    expect(again).toMatchObject({ code: 'conflict', message: 'm', hint: 'h', at: error.at, operation: 'op-1', details: { a: 1 } });
    expect(JSON.stringify(error)).not.toContain('secret');
    expect([isVcpError(again), isVcpError(new Error('m')), isVcpError(undefined)]).toEqual([true, false, false]);
  });

  it('is what everything else thrown becomes, with a bland sentence', () => {
    expect(toVcpError(new TypeError('x of undefined'))).toMatchObject({ code: 'internal', message: expect.not.stringContaining('undefined') });
  });

  it('refuses a problem whose code nobody knows', () => {
    expect(problemSchema.safeParse({ type: 't', title: 't', status: 400, detail: 'd', code: 'nonsense' }).success).toBe(false);
  });
});
