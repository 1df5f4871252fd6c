import { isVcpError, type VcpError } from '@jupyterlab-vcp/sdk/wire';
import { describe, expect, it } from 'vitest';
import { parseProviderFile } from './provider-file.js';

const GOOD = `version: 1
name: mine
title: My cloud
api: local
regions:
  - {name: one, title: One, reach: direct}
flavors:
  - {name: small, size: {cpu: 1, memoryGiB: 1}, price: none}
  - {name: large, size: {cpu: 4, memoryGiB: 8, diskGiB: 40}, price: {perHour: 0.2, currency: EUR, asOf: 2026-11-01}}
specSchema: {type: object, additionalProperties: false, properties: {zone: {type: string}}}
`;

function failure(text: string): VcpError {
  try {
    parseProviderFile(text, 'mine.yml');
  } catch (error) {
    if (isVcpError(error)) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('provider file', () => {
  it('is read with its defaults', () => {
    const file = parseProviderFile(GOOD, 'mine.yml');
    expect(file.flavors[0]).toEqual({ name: 'small', size: { cpu: 1, memoryGiB: 1, gpu: 0, diskGiB: null }, price: 'none', override: {} });
    expect(file.flavors[1]!.price).toEqual({ perHour: 0.2, currency: 'EUR', asOf: '2026-11-01' });
  });

  it.each([
    ['an unknown key, with the nearest', GOOD.replace('title: My cloud', 'titel: My cloud'), { line: 3, column: 1, nearest: 'title' }],
    ['an unknown key in a list', GOOD.replace('reach: direct', 'reech: direct'), { line: 6, column: 29, nearest: 'reach' }],
    ['an unknown key in a size', GOOD.replace('memoryGiB: 1}', 'memoryGib: 1}'), { line: 8, nearest: 'memoryGiB' }],
    ['a wrong value', GOOD.replace('reach: direct', 'reach: magic'), { line: 6, column: 36 }],
    ['a price without a date', GOOD.replace(', asOf: 2026-11-01', ''), { line: 9 }],
    ['a number that is text', GOOD.replace('cpu: 1', 'cpu: one'), { line: 8 }],
    ['a missing key', GOOD.replace('api: local\n', ''), { message: expect.stringContaining('“api” is missing') }],
    ['a region twice', GOOD.replace('flavors:', '  - {name: one, title: Again, reach: direct}\nflavors:'), { line: 7, column: 12 }],
    ['no flavors', GOOD.replace(/flavors:[^]*?specSchema/, 'flavors: []\nspecSchema'), { line: 7 }],
    ['a spec schema that is none', GOOD.replace('type: object, additional', 'type: nonsense, additional'), { line: 10, column: 1 }],
    ['broken YAML', GOOD.replace('name: one, ', 'name: one, ['), { line: expect.any(Number) }]
  ])('is refused for %s, with file, line and column', (_name, text, place) => {
    const error = failure(text);
    expect(error.code).toBe('invalid_request');
    expect(error.at).toContainEqual(expect.objectContaining({ file: 'mine.yml', line: expect.any(Number), column: expect.any(Number), ...place }));
  });
});
