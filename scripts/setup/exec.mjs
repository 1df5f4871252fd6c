import { spawn, spawnSync } from 'node:child_process';

/** Runs a command with its output shown; resolves with the exit code. */
export function shown(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal === null ? code : 1));
  });
}

/** Runs a command quietly. `output` holds both streams, to be shown when it failed. */
export function quiet(command, args, options = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    child.stdout.on('data', chunk => { output += chunk; });
    child.stderr.on('data', chunk => { output += chunk; });
    child.once('error', error => resolve({ code: 127, output: String(error.message) }));
    child.once('close', code => resolve({ code: code ?? 1, output }));
  });
}

export function onPath(program) {
  return spawnSync('sh', ['-c', `command -v -- "$1"`, 'sh', program], { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` } }).status === 0;
}
