// Programs of the operating system: what is missing, why it is wanted, and (with consent) its installation.
import { createInterface } from 'node:readline/promises';
import { existsSync } from 'node:fs';
import { onPath, quiet, shown } from './exec.mjs';
import { Remedy, say } from './say.mjs';

const NEEDED = [
  { package: 'docker.io', programs: ['dockerd', 'docker'], why: 'the container engine in which the nodes of “This computer (containers)” run' },
  { package: 'debootstrap', programs: ['debootstrap'], why: 'makes the Debian base of the nodes where no image registry answers' },
  { package: 'iptables', programs: ['iptables'], why: 'keeps a region that is reached through its gateway closed otherwise' },
  { package: 'openssh-client', programs: ['ssh'], why: '“vcp ssh” opens a terminal on a node' },
  { package: 'python3-venv', programs: [], python: true, why: 'JupyterLab is installed into a folder of its own (.venv)' }
];
const FOR_TESTS = [
  { package: 'chromium', programs: ['chromium'], why: 'the tests drive JupyterLab in a real browser' },
  { package: 'fonts-noto-cjk', file: '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc', programs: [], why: 'Japanese text in screenshots' }
];

/** @param {{forTests?: boolean, yes?: boolean}} options */
export async function ensureSystemPackages({ forTests = false, yes = false } = {}) {
  const wanted = forTests ? [...NEEDED, ...FOR_TESTS] : NEEDED;
  const missing = [];
  for (const item of wanted) if (!(await present(item))) missing.push(item);
  if (missing.length === 0) return;
  const names = missing.map(item => item.package);
  console.log('\nThese packages of the operating system are missing:');
  for (const item of missing) console.log(`  ${item.package.padEnd(16)} ${item.why}`);
  const root = process.getuid?.() === 0;
  const command = `${root ? '' : 'sudo '}apt-get install -y ${names.join(' ')}`;
  console.log(`\nCommand:  ${command}\nTo undo:  ${root ? '' : 'sudo '}apt-get remove ${names.join(' ')}\n`);
  if (!onPath('apt-get')) throw new Remedy(`This is not a Debian or Ubuntu system: install what is listed above with your own package manager (${names.join(', ')}), then run this again.`);
  if (!(await consent(yes, 'Install them now?'))) throw new Remedy(`Not installed. Run the command above yourself, or run this again with --yes.`);
  await install(root, names);
}

async function install(root, names) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (...args) => (root ? shown('apt-get', args, { env: environment }) : shown('sudo', ['apt-get', ...args], { env: environment, stdio: 'inherit' }));
  say('apt-get update');
  await run('update', '-qq');
  say(`apt-get install ${names.join(' ')}`);
  const code = await run('install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...names);
  if (code !== 0) throw new Remedy(`apt-get could not install ${names.join(', ')} (exit code ${code}); its own words are above.`);
}

async function present(item) {
  if (item.python) return (await quiet('python3', ['-c', 'import venv, ensurepip, sys; sys.exit(sys.version_info < (3, 10))'])).code === 0;
  if (item.file !== undefined) return existsSync(item.file) || (await quiet('sh', ['-c', 'fc-list :lang=ja 2>/dev/null | grep -q .'])).code === 0;
  return item.programs.every(onPath);
}

/** `--yes` or CI=true consents; a terminal is asked; anything else is a no. */
export async function consent(yes, question) {
  if (yes || process.env.CI === 'true') return true;
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
