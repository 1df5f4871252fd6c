import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findNotebook, listTemplates, readParameters } from './template-folder.js';

let folder: string;
const TEMPLATE = { id: 'demo', version: '1.0.0', title: { en: 'Demo', ja: 'デモ' }, summary: { en: 's', ja: 's' }, notebook: 'demo.ipynb', parameters: { properties: { workers: { type: 'integer', minimum: 1, maximum: 3 }, cloud: { type: 'string', pattern: '^[a-z]+$' }, fast: { type: 'boolean' } } } };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcp-templates-'));
  mkdirSync(join(folder, 'demo'));
  writeFileSync(join(folder, 'demo', 'template.json'), JSON.stringify(TEMPLATE));
  writeFileSync(join(folder, 'demo', 'demo.ipynb'), '{}');
  writeFileSync(join(folder, 'free.ipynb'), '{}');
  vi.stubEnv('VCP_TEMPLATES', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('findNotebook', () => {
  it('finds a template by id, by folder and by its notebook, and a notebook on its own', async () => {
    for (const word of ['demo', join(folder, 'demo'), join(folder, 'demo', 'demo.ipynb')]) expect(await findNotebook(word)).toMatchObject({ path: join(folder, 'demo', 'demo.ipynb'), template: { id: 'demo' } });
    expect(await findNotebook(join(folder, 'free.ipynb'))).toEqual({ path: join(folder, 'free.ipynb'), template: undefined });
    expect((await listTemplates()).map(({ template }) => template.id)).toEqual(['demo']);
  });

  it('names the nearest template, and what is wrong with a broken one', async () => {
    await expect(findNotebook('demoo')).rejects.toMatchObject({ code: 'not_found', hint: 'Did you mean “demo”?' });
    writeFileSync(join(folder, 'demo', 'template.json'), JSON.stringify({ ...TEMPLATE, title: 'x' }));
    await expect(findNotebook('demo')).rejects.toMatchObject({ code: 'invalid_request', hint: expect.stringContaining('title') });
    mkdirSync(join(folder, 'plain'));
    await expect(findNotebook(join(folder, 'plain'))).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('readParameters', () => {
  it('reads values by their declared types', () => {
    expect(readParameters(['workers=3', 'cloud=true', 'fast=true'], TEMPLATE as never)).toEqual({ workers: 3, cloud: 'true', fast: true });
    expect(readParameters(['a=1', 'b=x y', 'c=[1]'], undefined)).toEqual({ a: 1, b: 'x y', c: [1] });
  });

  it.each([['workres=3', 'workers'], ['workers=many', 'integer'], ['workers=4', 'at most 3'], ['cloud=A1', 'match'], ['fast=1', 'boolean'], ['workers', '-p name=value']])('refuses %s', (word, expected) => {
    expect(() => readParameters([word], TEMPLATE as never)).toThrowError(expect.objectContaining({ code: 'invalid_request', message: expect.anything() }));
    try { readParameters([word], TEMPLATE as never); } catch (error) { expect(`${(error as Error).message} ${(error as { hint?: string }).hint}`).toContain(expected); }
  });
});
