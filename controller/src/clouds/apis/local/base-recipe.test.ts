import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { extract } from 'tar-stream';
import { readBaseRecipe } from './base-recipe.js';

const shipped = fileURLToPath(new URL('../../../../../images/base', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'vcp-recipe-'));
const folder = join(root, 'base');
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  cpSync(shipped, folder, { recursive: true });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('recipe of the base container', () => {
  it('has the same image name wherever it lies', () => {
    expect(readBaseRecipe(folder).image).toBe(readBaseRecipe(shipped).image);
    expect(readBaseRecipe(folder).image).toMatch(/^vcp\/base:[0-9a-f]{12}$/);
  });

  it('has another image name when a file changes, comes or moves', () => {
    const names = new Set([readBaseRecipe(folder).image]);
    writeFileSync(join(folder, 'files/usr/local/sbin/vcp-extra'), 'x');
    names.add(readBaseRecipe(folder).image);
    writeFileSync(join(folder, 'files/usr/local/sbin/vcp-extra'), 'y');
    names.add(readBaseRecipe(folder).image);
    cpSync(join(folder, 'files/usr/local/sbin/vcp-extra'), join(folder, 'files/usr/local/sbin/vcp-other'));
    rmSync(join(folder, 'files/usr/local/sbin/vcp-extra'));
    names.add(readBaseRecipe(folder).image);
    expect(names.size).toBe(4);
  });

  it('gives the engine every file', async () => {
    const files = extract();
    readBaseRecipe(folder).context().pipe(files);
    const names: string[] = [];
    for await (const entry of files) {
      names.push(entry.header.name);
      entry.resume();
    }
    expect(names).toEqual(expect.arrayContaining(['Dockerfile', 'files/etc/ssh/sshd_config', 'files/usr/local/sbin/vcp-node', 'files/usr/local/sbin/vcp-supervise']));
  });

  it('is missed with a remedy', () => {
    expect(() => readBaseRecipe(join(root, 'nowhere'))).toThrow(expect.objectContaining({ code: 'not_found', hint: 'Install the product again.' }));
    rmSync(join(folder, 'Dockerfile'));
    expect(() => readBaseRecipe(folder)).toThrow(expect.objectContaining({ code: 'not_found' }));
  });
});
