import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { clock, guarded, Remedy, say } from '../setup/say.mjs';
import { engineFolder, homeFolder, prepare } from '../setup/workspace.mjs';

const HELP = `npm start [-- options]    set everything up, start the controller and JupyterLab, print one URL

  --yes          install what is missing without asking
  --port N       port of JupyterLab (default: the first free one from 8888)
  --folder DIR   folder that JupyterLab shows (default: ~/vcp-notebooks)
  --no-engine    do not look for a Docker engine`;

export function run(args) {
  return guarded(async () => {
    if (args.includes('--help') || args.includes('-h')) { console.log(HELP); return 0; }
    const known = new Set(['--yes', '--no-engine', '--port', '--folder']);
    const unknown = args.find((arg, index) => !known.has(arg) && !['--port', '--folder'].includes(args[index - 1]));
    if (unknown !== undefined) throw new Remedy(`“${unknown}” is not an option.\n\n${HELP}`);
    const { bin, environment, docker } = await prepare({ yes: args.includes('--yes'), engine: !args.includes('--no-engine') });
    const folder = valueOf(args, '--folder') ?? join(homedir(), 'vcp-notebooks');
    mkdirSync(folder, { recursive: true });
    const port = Number(valueOf(args, '--port') ?? await freePort(8888));
    return serve({ bin, environment, docker, folder, port });
  });
}

async function serve({ bin, environment, docker, folder, port }) {
  const token = randomBytes(24).toString('hex');
  say('starting JupyterLab and the controller');
  // The token travels in the environment, not in the process list.
  const lab = spawn(join(bin, 'jupyter'), ['lab', '--no-browser', `--port=${port}`, '--port-retries=0', '--ip=127.0.0.1', `--ServerApp.root_dir=${folder}`, ...(process.getuid?.() === 0 ? ['--allow-root'] : [])],
    { env: { ...environment, JUPYTER_TOKEN: token }, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  for (const stream of [lab.stdout, lab.stderr]) stream.on('data', chunk => { log.push(String(chunk)); if (log.length > 200) log.shift(); });
  let over = false;
  const ended = new Promise(resolve => {
    lab.once('exit', code => { over = true; resolve(code ?? 0); });
    lab.once('error', error => { over = true; log.push(error.message); resolve(1); });
  });
  const stop = () => { lab.kill('SIGTERM'); };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (!(await answering(port, token, () => over))) {
    stop();
    await ended;
    throw new Remedy(`JupyterLab did not start:\n${log.join('').slice(-3000)}`);
  }
  console.log(`
[${clock()}] Ready. Open:

    http://127.0.0.1:${port}/lab?token=${token}

Notebooks   ${folder}
Data        ${homeFolder()}
Engine      ${docker === undefined ? 'none' : docker.ours ? `${docker.host} (ours; its files are in ${engineFolder()})` : docker.host}

Ctrl-C ends JupyterLab only. Controller and nodes go on; to end them:  npm run stop
To undo the set-up: npm run clean (packages of the system: as printed when they were installed).
`);
  const code = await ended;
  console.log('JupyterLab has ended. Controller and nodes go on (npm run stop ends the controller).');
  return code === 0 || code === null ? 0 : code;
}

async function answering(port, token, isOver) {
  for (let waited = 0; waited < 120_000 && !isOver(); waited += 150) {
    if ((await status(port, token)) === 200) return true;
    await new Promise(resolve => setTimeout(resolve, 150));
  }
  return false;
}

function status(port, token) {
  return new Promise(resolve => {
    const call = request({ host: '127.0.0.1', port, path: '/api/status', headers: { authorization: `token ${token}` }, timeout: 3000 }, response => { response.resume(); resolve(response.statusCode); });
    call.once('error', () => resolve(0));
    call.once('timeout', () => call.destroy());
    call.end();
  });
}

async function freePort(from) {
  for (let port = from; port < from + 100; port += 1) {
    const free = await new Promise(resolve => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Remedy(`No free port between ${from} and ${from + 99}; give one with --port.`);
}

function valueOf(args, name) {
  const index = args.indexOf(name);
  if (index < 0) return undefined;
  if (args[index + 1] === undefined) throw new Remedy(`${name} wants a value.`);
  return args[index + 1];
}
