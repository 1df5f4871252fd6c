// A Docker engine that answers: the machine's own where there is one, otherwise one of ours in a folder of its own.
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { quiet, onPath } from './exec.mjs';
import { Remedy, say } from './say.mjs';

const SYSTEM_SOCKET = '/var/run/docker.sock';

/** @returns {Promise<{host: string, ours: boolean}>} `host` as DOCKER_HOST wants it. */
export async function ensureEngine(folder) {
  const configured = process.env.DOCKER_HOST;
  if (configured !== undefined && configured !== '') {
    if (!configured.startsWith('unix://') || (await ping(configured.slice(7))) === 200) return { host: configured, ours: false };
    throw new Remedy(`DOCKER_HOST is ${configured}, but no Docker engine answers there. Start it, or unset DOCKER_HOST.`);
  }
  const status = await ping(SYSTEM_SOCKET);
  if (status === 200) return { host: `unix://${SYSTEM_SOCKET}`, ours: false };
  if (status === 'denied') throw new Remedy(`The Docker engine of this machine may not be used by you. Ask its administrator, or run:  sudo usermod -aG docker "$USER"  and log in again. (Members of that group can do what root can.)`);
  const socket = join(folder, 'docker.sock');
  if ((await ping(socket)) === 200) return { host: `unix://${socket}`, ours: true };
  if (existsSync('/run/systemd/system')) {
    const started = process.getuid?.() === 0 ? await quiet('systemctl', ['start', 'docker']) : { code: 1, output: '' };
    if (started.code === 0 && (await ping(SYSTEM_SOCKET)) === 200) return { host: `unix://${SYSTEM_SOCKET}`, ours: false };
    throw new Remedy(`The Docker engine does not run. Start it with:  sudo systemctl start docker   ${started.output}`);
  }
  return startOwn(folder, socket);
}

async function startOwn(folder, socket) {
  if (!onPath('dockerd')) throw new Remedy('No Docker engine is installed (Debian: apt-get install docker.io).');
  if (process.getuid?.() !== 0) throw new Remedy('No Docker engine runs and there is no systemd to start it. As root, run:  dockerd &');
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  if (ownPid(folder) !== undefined) throw new Remedy(`The Docker engine in ${folder} runs but does not answer. Wait a moment and run this again, or end it with: npm run stop`);
  // A file left by an engine that was killed would make the new one refuse.
  rmSync(join(folder, 'dockerd.pid'), { force: true });
  const log = join(folder, 'dockerd.log');
  const output = openSync(log, 'a');
  say(`starting a Docker engine of our own in ${folder}`);
  const child = spawn('dockerd', ['--host', `unix://${socket}`, '--data-root', join(folder, 'data'), '--exec-root', join(folder, 'run'), '--pidfile', join(folder, 'dockerd.pid'), '--log-level', 'warn'],
    { detached: true, stdio: ['ignore', output, output], env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` } });
  let ended = false;
  child.once('exit', () => { ended = true; });
  child.once('error', () => { ended = true; });
  child.unref();
  writeFileSync(join(folder, 'pid'), String(child.pid));
  for (let waited = 0; waited < 60_000 && !ended; waited += 100) {
    if ((await ping(socket)) === 200) return { host: `unix://${socket}`, ours: true };
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Remedy(`The Docker engine did not come up. Last lines of ${log}:\n${await tail(log)}`);
}

/** Ends the engine that `startOwn` started in this folder; one of the machine's is left alone. */
export async function stopOwnEngine(folder) {
  const pid = ownPid(folder);
  if (pid === undefined) return false;
  process.kill(pid, 'SIGTERM');
  for (let waited = 0; waited < 30_000 && existsSync(`/proc/${pid}`); waited += 100) await new Promise(resolve => setTimeout(resolve, 100));
  return true;
}

/** The engine of this folder, where it lives; a pid that belongs to something else by now is none. */
function ownPid(folder) {
  const file = join(folder, 'dockerd.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8'));
  return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder) ? pid : undefined;
}

function ping(socketPath) {
  return new Promise(resolve => {
    const call = request({ socketPath, path: '/_ping', timeout: 5000 }, response => { response.resume(); resolve(response.statusCode); });
    call.once('error', error => resolve(error.code === 'EACCES' ? 'denied' : 'absent'));
    call.once('timeout', () => call.destroy());
    call.end();
  });
}

async function tail(file) {
  let text = '';
  for await (const chunk of createReadStream(file, 'utf8')) text = (text + chunk).slice(-2000);
  return text;
}
