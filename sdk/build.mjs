// Builds sdk/dist: the wire contract and the client for pages, the SDK for Node, the `vcp` command, and declarations.
import { execFile } from 'node:child_process';
import { chmod, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { writePlainTypes } from './plain-types.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'src');
const target = join(here, 'dist');
/** Built apart and put in place at once: a program of the last build that runs meanwhile finds all of its files. */
const dist = join(here, `dist.${process.pid}.new`);

/** CommonJS packages inside an ES module need a `require` for Node's own modules. */
const banner = "import { createRequire as vcpCreateRequire } from 'node:module'; const require = vcpCreateRequire(import.meta.url);";
const shared = { bundle: true, format: 'esm', target: 'es2024', logLevel: 'warning', legalComments: 'none' };
const forNode = { ...shared, platform: 'node', target: 'node24', banner: { js: banner } };

/** The notebook runner stays a file of its own, so that only `vcp run` needs ZeroMQ. */
const runnerApart = {
  name: 'runner-apart',
  setup(esbuild) {
    esbuild.onResolve({ filter: /\/run-notebook\.js$/ }, ({ kind }) => (kind === 'dynamic-import' ? { path: './run-notebook.mjs', external: true } : undefined));
  }
};

export async function buildSdk() {
  try {
    await buildParts();
    await rm(target, { recursive: true, force: true });
    await rename(dist, target);
  } finally {
    await rm(dist, { recursive: true, force: true });
  }
}

async function buildParts() {
  await Promise.all([
    build({ ...shared, platform: 'browser', entryPoints: { wire: join(source, 'wire/index.ts'), client: join(source, 'client/browser.ts') }, outdir: dist }),
    build({ ...forNode, entryPoints: { index: join(source, 'index.ts') }, outdir: dist }),
    // The command has to begin on an older Node too, to move to the pinned one.
    build({ ...forNode, entryPoints: { vcp: join(source, 'cli/main.ts') }, outdir: dist, outExtension: { '.js': '.mjs' }, target: 'node20', banner: { js: `#!/usr/bin/env node\n${banner}` }, plugins: [runnerApart] }),
    build({ ...forNode, entryPoints: { 'run-notebook': join(source, 'cli/notebook-runner/run-notebook.ts') }, outdir: dist, outExtension: { '.js': '.mjs' }, external: ['zeromq'] }),
    buildTypes()
  ]);
  await chmod(join(dist, 'vcp.mjs'), 0o755);
}

async function buildTypes() {
  const types = join(dist, 'types');
  const tsc = join(here, '../node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', join(here, 'tsconfig.json'), '--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', source, '--outDir', types, '--declarationMap', 'false'];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: here, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    throw new Error(`The declarations of the SDK could not be made:\n${error.stdout ?? error.message}`, { cause: error });
  }
  writePlainTypes(source, types);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildSdk();
