// The door of every npm script. Only built-ins that Node 18 knows: this file runs before anything is installed.
// It installs the npm packages if they are missing, moves to the pinned Node 24 that comes with them, and hands over.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [task, ...args] = process.argv.slice(2);
const wantedMajor = 24;

const tasks = ['start', 'stop', 'test', 'dev', 'check', 'bench', 'build', 'wheel', 'clean', 'new-adr'];
if (!tasks.includes(task)) fail(`unknown task “${task ?? ''}”; known are: ${tasks.join(', ')}`, 2);

if (process.platform !== 'linux') {
  fail([
    'This version runs on Linux (x64, arm64).',
    process.platform === 'win32' ? 'On Windows: work inside WSL 2 with Debian.' : 'On macOS: work inside a Linux virtual machine (for instance Lima or Multipass with Debian 12).'
  ].join('\n'));
}
if (Number(process.versions.node.split('.')[0]) < 18) fail(`Node ${process.version} is too old to begin with; install Node 18 or newer (Debian 12: apt-get install nodejs npm).`);

installPackages();
moveToPinnedNode();
process.chdir(root);
const module = await import(pathToFileURL(join(root, 'scripts', 'tasks', `${task}.mjs`)).href);
process.exitCode = await module.run(args);

function installPackages() {
  const stamp = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log('• npm packages (with Node 24 among them) → node_modules/, about 1.2 GB, 1 minute');
  const result = spawnSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) fail('npm ci did not succeed. Is the npm registry reachable? Look at the lines above, then run the same command again.');
  // npm keeps the lock's own time on a clean install of an older lock: mark the tree as current.
  spawnSync(process.execPath, ['-e', `require('fs').utimesSync(${JSON.stringify(stamp)}, new Date(), new Date())`]);
}

function moveToPinnedNode() {
  if (Number(process.versions.node.split('.')[0]) >= wantedMajor) return;
  const bin = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin');
  const node = join(bin, 'node');
  if (!existsSync(node)) fail(`Node ${wantedMajor} for linux-${process.arch} is not among the packages; install Node ${wantedMajor} yourself and run this again.`);
  if (process.env.VCP_PINNED_NODE === '1') fail(`${node} says it is ${process.version}, but Node ${wantedMajor} is needed. Remove node_modules and run this again.`);
  const environment = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}`, VCP_PINNED_NODE: '1' };
  const child = spawnSync(node, process.argv.slice(1), { cwd: root, stdio: 'inherit', env: environment });
  process.exit(child.status ?? 1);
}

function fail(message, code = 1) {
  console.error(`✖ ${message}`);
  process.exit(code);
}
