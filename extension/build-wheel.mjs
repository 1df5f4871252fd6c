// Builds the wheel from what `npm run build` has built: labextension, server extension, kernelspec, templates and the
// Node.js programs with the few packages that they load at run time.
//   node extension/build-wheel.mjs [--out DIR]
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
/** The package as pip will see it; the checkout itself stays as it is. */
const stage = join(here, 'dist', 'stage');
const LARGEST_MB = 60;

/** @returns {string} path of the wheel */
export function buildWheel({ out = join(here, 'dist'), python = join(root, '.venv', 'bin', 'python') } = {}) {
  requireBuilt();
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const name of ['pyproject.toml', 'package.json', 'install.json', 'jupyter-config', 'kernelspec']) cpSync(join(here, name), join(stage, name), { recursive: true });
  const target = join(stage, 'jupyterlab_vcp');
  cpSync(join(here, 'jupyterlab_vcp'), target, { recursive: true, filter: path => !/__pycache__|\/jupyterlab_vcp\/(node|templates)(\/|$)/.test(path) });
  cpSync(join(root, 'kernel', 'dist', 'kernelspec', 'logo-svg.svg'), join(stage, 'kernelspec', 'logo-svg.svg'));
  cpSync(join(root, 'LICENSE'), join(stage, 'LICENSE'));
  cpSync(join(root, 'templates-notebooks'), join(target, 'templates'), { recursive: true, filter: path => !path.includes('.ipynb_checkpoints') });
  stagePrograms(join(target, 'node'));
  stagePackages(join(target, 'node', 'node_modules'));
  const wheel = pack(python, resolve(out));
  const megabytes = statSync(wheel).size / 1e6;
  if (megabytes > LARGEST_MB) throw new Error(`${basename(wheel)} has ${megabytes.toFixed(1)} MB; at most ${LARGEST_MB} are meant.`);
  return wheel;
}

function requireBuilt() {
  const needed = ['sdk/dist/vcp.mjs', 'controller/dist/controller.mjs', 'kernel/dist/kernel.mjs', 'extension/jupyterlab_vcp/labextension/package.json'];
  const missing = needed.filter(file => !existsSync(join(root, file)));
  if (missing.length > 0) throw new Error(`Not built yet: ${missing.join(', ')}. Run: npm run build`);
}

function stagePrograms(target) {
  for (const part of ['controller', 'kernel']) cpSync(join(root, part, 'dist'), join(target, part), { recursive: true });
  mkdirSync(join(target, 'sdk'), { recursive: true });
  for (const name of readdirSync(join(root, 'sdk', 'dist'))) {
    // The bundles for pages have no use here.
    if (name !== 'client.js' && name !== 'wire.js') cpSync(join(root, 'sdk', 'dist', name), join(target, 'sdk', name), { recursive: true });
  }
  // The bundles end in .js and .mjs; both are ES modules.
  writeFileSync(join(target, 'package.json'), `${JSON.stringify({ name: 'jupyterlab-vcp-programs', private: true, type: 'module' })}\n`);
}

/** What the bundles leave outside, and of that only what is loaded. Each keeps its licence. */
function stagePackages(target) {
  const fromKernel = createRequire(join(root, 'kernel', 'package.json'));
  const zeromq = folderOf('zeromq', fromKernel);
  copyPackage(zeromq, target, ['lib']);
  stageAddons(zeromq, join(target, 'zeromq', 'build'));
  copyPackage(folderOf('cmake-ts', createRequire(join(zeromq, 'package.json'))), target, ['build/loader.js']);
  copyPackage(folderOf('typescript', fromKernel), target, ['lib/typescript.js']);
  const tslab = folderOf('tslab', fromKernel);
  const fromTslab = createRequire(join(tslab, 'package.json'));
  copyPackage(tslab, target, ['dist']);
  copyPackage(folderOf('@tslab/typescript-for-tslab', fromTslab), target, ['lib/typescript.js']);
  copyPackage(folderOf('semver', fromTslab), target, ['.']);
}

/** ZeroMQ's prebuilt addons for the systems that the product runs on, for the Node.js that it brings (N-API 127 and 115). */
function stageAddons(zeromq, target) {
  const wanted = { linux: 127, darwin: 115 };
  const manifest = Object.entries(JSON.parse(readFileSync(join(zeromq, 'build', 'manifest.json'), 'utf8'))).filter(([key]) => {
    const { os, abi } = JSON.parse(key);
    return wanted[os] === abi;
  });
  mkdirSync(target, { recursive: true });
  for (const [, path] of manifest) cpSync(join(zeromq, 'build', path), join(target, path), { recursive: true });
  writeFileSync(join(target, 'manifest.json'), JSON.stringify(Object.fromEntries(manifest)));
}

function folderOf(name, from) {
  for (const folder of from.resolve.paths(name)) if (existsSync(join(folder, name, 'package.json'))) return join(folder, name);
  throw new Error(`${name} is not installed. Run: npm ci`);
}

function copyPackage(source, target, parts) {
  const { name } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const licences = readdirSync(source).filter(file => /^(licen[cs]e|notice|thirdparty|copying|package\.json)/i.test(file));
  for (const part of [...licences, ...parts]) {
    cpSync(join(source, part), join(target, name, part), { recursive: true, filter: path => !/\.(map|d\.ts|d\.mts)$/.test(path) && !path.slice(source.length).includes('/node_modules') });
  }
}

function pack(python, out) {
  mkdirSync(out, { recursive: true });
  for (const name of readdirSync(out)) if (name.endsWith('.whl')) rmSync(join(out, name));
  const result = spawnSync(python, ['-m', 'build', '--wheel', '--no-isolation', '--outdir', out, stage], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`The wheel could not be built:\n${result.stdout}\n${result.stderr}`);
  return join(out, readdirSync(out).find(name => name.endsWith('.whl')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--out');
  const wheel = buildWheel(at > 0 ? { out: process.argv[at + 1] } : {});
  console.log(`${wheel}  ${(statSync(wheel).size / 1e6).toFixed(1)} MB`);
}
