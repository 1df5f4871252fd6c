#!/usr/bin/env node
// Registers the kernel "vcp" with Jupyter: node install-kernelspec.mjs [--prefix DIR | --user]
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Writes the kernelspec into `<jupyterDataDir>/kernels/vcp` and returns that folder. */
export function installKernelspec(jupyterDataDir, { nodePath = process.execPath, kernelPath = join(here, 'kernel.mjs') } = {}) {
  const target = join(jupyterDataDir, 'kernels', 'vcp');
  mkdirSync(target, { recursive: true });
  const spec = JSON.parse(readFileSync(join(here, 'kernelspec', 'kernel.json'), 'utf8'));
  spec.argv = spec.argv.map((word) => (word === '{node}' ? nodePath : word === '{kernel}' ? kernelPath : word));
  writeFileSync(join(target, 'kernel.json'), `${JSON.stringify(spec, null, 2)}\n`);
  cpSync(join(here, 'kernelspec', 'logo-svg.svg'), join(target, 'logo-svg.svg'));
  return target;
}

function userDataDir() {
  if (process.env.JUPYTER_DATA_DIR) return process.env.JUPYTER_DATA_DIR;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Jupyter');
  if (process.platform === 'win32') return join(process.env.APPDATA ?? homedir(), 'jupyter');
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'jupyter');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf('--prefix');
  const dataDir = at > 0 && process.argv[at + 1] ? join(process.argv[at + 1], 'share', 'jupyter') : userDataDir();
  console.log(`The kernel "vcp" is registered in ${installKernelspec(dataDir)}. To undo: remove that folder.`);
}
