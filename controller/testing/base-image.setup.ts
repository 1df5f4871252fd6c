import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCatalog } from '../src/clouds/index.js';

/** Integration tests begin with the base image: made from the recipe where the engine does not have it yet. */
export async function setup(): Promise<void> {
  const workFolder = await mkdtemp(join(tmpdir(), 'vcp-base-'));
  try {
    const root = new URL('../..', import.meta.url).pathname;
    const catalog = createCatalog({ catalogFolder: join(root, 'controller/src/clouds/catalog'), baseRecipeFolder: join(root, 'images/base'), workFolder, environment: process.env });
    const local = catalog.list().find(provider => provider.api === 'local');
    if (local === undefined) throw new Error('the catalog has no provider for this computer');
    const health = await local.health();
    if (!health.available) throw new Error(`${health.reason ?? 'no Docker engine'} ${health.hint ?? ''}`);
    let told = '';
    await local.prepare({ signal: new AbortController().signal, progress: message => { if (message !== told) console.log(`base image: ${told = message}`); } });
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}
