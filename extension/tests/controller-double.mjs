// Stands for the controller in these tests: the same file, socket and lock, and routes that show what arrived.
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const home = process.env.VCP_HOME;
const readyFd = Number(process.argv[process.argv.indexOf('--ready-fd') + 1]);
const say = line => writeSync(readyFd, `${JSON.stringify(line)}\n`);
if (process.env.VCP_DOUBLE_REFUSES !== undefined) {
  say({ state: 'failed', error: { code: 'store_read_only', message: process.env.VCP_DOUBLE_REFUSES, hint: 'Free some space.' } });
  process.exit(1);
}
if (process.env.VCP_DOUBLE_FAILS !== undefined) {
  console.error(process.env.VCP_DOUBLE_FAILS);
  process.exit(3);
}
mkdirSync(home, { recursive: true });
const lock = join(home, 'lock');
try {
  closeSync(openSync(lock, 'wx'));
} catch {
  const holder = Number(readFileSync(join(home, 'lock.pid'), 'utf8') || 0);
  let alive = true;
  try { process.kill(holder, 0); } catch { alive = false; }
  if (alive) {
    say({ state: 'failed', error: { code: 'conflict', message: `Process ${holder} is the controller of this data folder.` } });
    process.exit(4);
  }
}
writeFileSync(join(home, 'lock.pid'), String(process.pid));

const socket = join(home, 'c.sock');
rmSync(socket, { force: true });
const listeners = new Set();
let seq = 0;
let held;
let left = false;
const json = (response, body, status = 200, headers = {}) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

const routes = {
  'GET /v1/version': (request, response) => json(response, { product: 'jupyterlab-vcp', version: '0.1.0', api: 1, installation: 'double', home, pid: process.pid, startedAt: '2026-01-01T00:00:00Z', environment: Object.keys(process.env) }),
  'GET /v1/events': (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`: from ${request.headers['last-event-id'] ?? 'the beginning'}\n\n`);
    listeners.add(response);
    request.on('close', () => listeners.delete(response));
  },
  'POST /double/emit': (request, response) => {
    seq += 1;
    for (const listener of listeners) listener.write(`id: ${seq}\nevent: vc.changed\ndata: {"seq":${seq}}\n\n`);
    json(response, { seq, listeners: listeners.size });
  },
  'GET /v1/execs/slow': (request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write('{"first":1}\n');
    held = response;
    request.on('close', () => { left = true; });
  },
  'POST /double/release': (request, response) => { held.end('{"second":2}\n'); json(response, {}); },
  'POST /double/break': (request, response) => { held.destroy(); json(response, {}); },
  'GET /double/left': (request, response) => json(response, { left }),
  'POST /double/accepted': (request, response) => json(response, { id: 'op-1' }, 202, { location: '/v1/operations/op-1', 'set-cookie': 'a=b' }),
  'GET /double/problem': (request, response) => response.writeHead(409, { 'content-type': 'application/problem+json' }).end('{"code":"conflict","detail":"taken"}'),
  'GET /double/nothing': (request, response) => response.writeHead(204).end()
};

const server = createServer((request, response) => {
  const route = routes[`${request.method} ${request.url.split('?')[0]}`];
  if (route !== undefined) { route(request, response); return; }
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () => json(response, { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(parts).toString('utf8') }));
});
server.listen(socket, () => {
  const file = join(home, 'controller.json');
  writeFileSync(`${file}.new`, JSON.stringify({ pid: process.pid, socket, startedAt: '2026-01-01T00:00:00Z', version: '0.1.0' }));
  renameSync(`${file}.new`, file);
  say({ state: 'ready' });
  closeSync(readyFd);
});
process.on('SIGTERM', () => {
  rmSync(join(home, 'controller.json'), { force: true });
  rmSync(lock, { force: true });
  process.exit(0);
});
