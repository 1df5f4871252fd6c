import { build as bundle } from 'esbuild';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shown } from '../setup/exec.mjs';
import { guarded } from '../setup/say.mjs';
import { prepare, root } from '../setup/workspace.mjs';

/** `npm run bench -- [NAME…] [--samples N] [--json FILE]`: see bench/main.ts */
export function run(args) {
  return guarded(async () => {
    const { environment, bin } = await prepare({ forTests: true, yes: args.includes('--yes') });
    const outfile = join(root, 'bench', 'dist', 'bench.mjs');
    await bundle({ entryPoints: [join(root, 'bench', 'main.ts')], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node24', packages: 'external', conditions: ['source'], alias: { '@jupyterlab-vcp/sdk': join(root, 'sdk/src/index.ts'), '@jupyterlab-vcp/sdk/wire': join(root, 'sdk/src/wire/index.ts') }, logLevel: 'warning', plugins: [{ name: 'keep-place', setup: kept => kept.onResolve({ filter: /lab-server\.mjs$/ }, () => ({ path: pathToFileURL(join(root, 'ui-tests', 'lab-server.mjs')).href, external: true })) }] });
    // The store commits on a thread of its own, whose program lies beside whoever opens it.
    copyFileSync(join(root, 'controller', 'dist', 'commit-worker.mjs'), join(root, 'bench', 'dist', 'commit-worker.mjs'));
    return shown(process.execPath, [outfile, ...args.filter(arg => arg !== '--yes')], { cwd: root, env: { ...environment, VCP_BENCH_PYTHON: join(bin, 'python') } });
  });
}
