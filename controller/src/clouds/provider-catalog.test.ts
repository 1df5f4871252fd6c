import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isVcpError, type VcpError } from '@jupyterlab-vcp/sdk/wire';
import { afterAll, describe, expect, it } from 'vitest';
import { createCatalog } from './index.js';

const shipped = fileURLToPath(new URL('./catalog', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vcp-catalog-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (catalogFolder = shipped): ReturnType<typeof createCatalog> => createCatalog({ catalogFolder, baseRecipeFolder: '/nowhere', workFolder: folder, environment: {} });
function failure(work: () => unknown): VcpError {
  try {
    work();
  } catch (error) {
    if (isVcpError(error)) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('catalog', () => {
  it('has this computer with two regions and a notice, without asking any engine', () => {
    const [local] = open().list();
    expect(local).toMatchObject({ name: 'local', title: 'This computer (containers)', api: 'local', notice: expect.stringContaining('root') });
    expect(local!.regions.map(region => [region.name, region.reach])).toEqual([['one', 'direct'], ['two', 'gateway']]);
    for (const [name, capability] of Object.entries(local!.capabilities)) {
      if (typeof capability === 'object' && 'supported' in capability && capability.supported === false) expect(capability.reason, name).toBeTruthy();
    }
  });

  it('names the nearest provider', () => {
    expect(failure(() => open().get('lokal'))).toMatchObject({ code: 'not_found', hint: 'Did you mean “local”?' });
    expect(failure(() => open().get('somewhere-else')).hint).toBe('Known providers: local.');
  });

  it('refuses two providers of one name, and a cloud API that does not exist', () => {
    cpSync(shipped, folder, { recursive: true });
    cpSync(join(shipped, 'local.yml'), join(folder, 'second.yml'));
    expect(failure(() => open(folder))).toMatchObject({ code: 'invalid_request', message: expect.stringContaining('second.yml') });
    writeFileSync(join(folder, 'second.yml'), 'version: 1\nname: other\ntitle: Other\napi: locale\nregions: [{name: a, title: A, reach: direct}]\nflavors: [{name: small, size: {cpu: 1, memoryGiB: 1}, price: none}]\nspecSchema: {type: object}\n');
    expect(failure(() => open(folder))).toMatchObject({ hint: 'Did you mean “local”?', message: expect.stringContaining('locale') });
  });
});

describe('sizes of this computer', () => {
  const local = open().get('local');

  it.each([
    ['small', {}, { flavor: 'small', size: { cpu: 1, memoryGiB: 1, gpu: 0, diskGiB: null } }],
    ['large', { memoryGiB: 6 }, { flavor: 'large', size: { cpu: 4, memoryGiB: 6, gpu: 0, diskGiB: null }, override: { memoryGiB: 6 } }],
    [{ cpu: 3 }, {}, { flavor: '3 CPU, 4 GiB', size: { cpu: 3, memoryGiB: 4, gpu: 0, diskGiB: null } }],
    [{ memoryGiB: 2 }, {}, { size: { cpu: 2, memoryGiB: 2, gpu: 0, diskGiB: null } }],
    [{ cpu: 64, memoryGiB: 512, diskGiB: 100 }, {}, { size: { cpu: 64, memoryGiB: 512, gpu: 0, diskGiB: null } }],
    [{}, { sharedMemoryMiB: 512, processors: '0-1,3' }, { flavor: '1 CPU, 1 GiB', override: { sharedMemoryMiB: 512, processors: '0-1,3' } }]
  ] as const)('%j with %j', (flavor, override, expected) => {
    expect(local.resolve(flavor, override)).toMatchObject(expected);
  });

  it('cost nothing', () => {
    expect(local.resolve('small', {}).price).toMatchObject({ perHour: 0, note: 'own hardware, no charge' });
    expect(local.resolve({ cpu: 2 }, {}).price).toMatchObject({ perHour: 0, note: 'own hardware, no charge' });
  });

  it.each([
    ['smal', {}, { code: 'invalid_request', hint: 'Did you mean “small”?' }],
    ['gpu', {}, { code: 'not_supported' }],
    [{ gpu: 1 }, {}, { code: 'not_supported' }],
    [{ memoryGiB: 0.1 }, {}, { code: 'invalid_request', hint: expect.stringContaining('0.25') }],
    ['small', { memoryGib: 2 }, { code: 'invalid_request', hint: 'Did you mean “memoryGiB”?', at: [expect.objectContaining({ path: 'override.memoryGib', nearest: 'memoryGiB' })] }],
    ['small', { spot: true }, { code: 'invalid_request', hint: expect.stringContaining('Known overrides of local: cpu, memoryGiB, processors, sharedMemoryMiB') }],
    ['small', { cpu: -1 }, { code: 'invalid_request', at: [expect.objectContaining({ path: 'override.cpu' })] }],
    ['small', { processors: 'all' }, { code: 'invalid_request', at: [expect.objectContaining({ path: 'override.processors' })] }]
  ] as const)('refuse %j with %j', (flavor, override, expected) => {
    expect(failure(() => local.resolve(flavor, override))).toMatchObject(expected);
  });
});
