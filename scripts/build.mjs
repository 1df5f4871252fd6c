// Builds what changed, in the order in which the parts need each other.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { quiet } from './setup/exec.mjs';
import { Remedy, say } from './setup/say.mjs';

const SKIPPED = new Set(['node_modules', 'dist', 'lib', 'labextension', 'node', '__pycache__', 'test-results', '.ipynb_checkpoints']);

/** Each part: what it is made from, how it is made, and a file that proves that it is there. */
export function parts(root) {
  const buildOf = (folder, name) => async () => (await import(pathToFileURL(join(root, folder, 'build.mjs')).href))[name]();
  return [
    { name: 'sdk', sources: ['sdk', 'tsconfig.base.json', 'package-lock.json'], proof: 'sdk/dist/index.js', build: buildOf('sdk', 'buildSdk') },
    { name: 'controller', sources: ['controller', 'sdk/src', 'images/base', 'package-lock.json'], proof: 'controller/dist/controller.mjs', build: buildOf('controller', 'buildController') },
    { name: 'kernel', sources: ['kernel', 'sdk/src', 'package-lock.json'], proof: 'kernel/dist/kernel.mjs', build: buildOf('kernel', 'buildKernel') },
    { name: 'extension', sources: ['extension', 'sdk/src/wire', 'package-lock.json'], proof: 'extension/jupyterlab_vcp/labextension/package.json', build: () => buildExtension(root) }
  ];
}

/** @param {{force?: boolean, only?: string[]}} options */
export async function build(root, { force = false, only } = {}) {
  mkdirSync(join(root, '.work'), { recursive: true });
  for (const part of parts(root)) {
    if (only !== undefined && !only.includes(part.name)) continue;
    const stamp = join(root, '.work', `${part.name}.stamp`);
    const digest = fingerprint(root, part.sources);
    if (!force && existsSync(join(root, part.proof)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) continue;
    say(`building ${part.name}`);
    await part.build();
    writeFileSync(stamp, digest);
  }
}

async function buildExtension(root) {
  const cwd = join(root, 'extension');
  for (const args of [
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'],
    [join(root, 'node_modules/@jupyter/builder/lib/build-labextension.js'), '--core-package-file', join(root, 'node_modules/@jupyterlab/core-meta/core.package.json'), '.']
  ]) {
    const result = await quiet(process.execPath, args, { cwd });
    if (result.code !== 0) throw new Remedy(`The JupyterLab extension could not be built:\n${result.output.slice(-4000)}`);
  }
}

function fingerprint(root, sources) {
  const hash = createHash('sha256');
  const visit = path => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) {
      for (const entry of readdirSync(path).sort()) if (!SKIPPED.has(entry)) visit(join(path, entry));
    } else hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const source of sources) visit(join(root, source));
  return hash.digest('hex');
}
