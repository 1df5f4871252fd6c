// JupyterLab in a folder of its own: .venv, from the pins of requirements-dev.txt.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quiet } from './exec.mjs';
import { Remedy, say } from './say.mjs';

/** @returns {Promise<string>} the venv's bin folder */
export async function ensurePython(root) {
  const venv = join(root, '.venv');
  const bin = join(venv, 'bin');
  const requirements = readFileSync(join(root, 'requirements-dev.txt'), 'utf8');
  const digest = createHash('sha256').update(requirements).digest('hex');
  const stamp = join(venv, 'installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return bin;
  say('JupyterLab and its tools → .venv/ (Python packages of requirements-dev.txt, about 1 minute)');
  if (!existsSync(join(bin, 'python'))) await step('python3', ['-m', 'venv', venv], 'A Python environment could not be made (Debian: apt-get install python3-venv).');
  await step(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', join(root, 'requirements-dev.txt')], 'pip could not install JupyterLab. Is the Python package index reachable?');
  // JupyterLab runs small CommonJS programs from its own folders; this checkout's "type": "module" shall not reach them.
  writeFileSync(join(venv, 'package.json'), '{"type": "commonjs"}\n');
  writeFileSync(stamp, digest);
  return bin;
}

async function step(command, args, remedy) {
  const result = await quiet(command, args);
  if (result.code !== 0) throw new Remedy(`${remedy}\n${result.output.slice(-2000)}`);
}
