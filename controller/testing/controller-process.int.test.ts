import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { controllerConnection, ensureController, revivingClient, type ControllerConnection } from '@jupyterlab-vcp/sdk';
import { controllerFileSchema, type ControllerFile } from '@jupyterlab-vcp/sdk/wire';

const root = new URL('../..', import.meta.url).pathname;
const program = join(root, 'controller/dist/controller.mjs');
const vcp = join(root, 'sdk/dist/vcp.mjs');
const run = promisify(execFile);

let home: string;
const connections: ControllerConnection[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vcp-process-'));
  vi.stubEnv('VCP_CONTROLLER', program);
  vi.stubEnv('VCP_HOME', home);
});
afterEach(async () => {
  for (const { client } of connections.splice(0)) client.close();
  await stop();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

async function start(): Promise<ControllerConnection> {
  const connection = await ensureController({ home });
  connections.push(connection);
  return connection;
}

const file = (): ControllerFile => controllerFileSchema.parse(JSON.parse(readFileSync(join(home, 'controller.json'), 'utf8')));
const log = (): string => readFileSync(join(home, 'logs', 'controller.log'), 'utf8');

/** The state of a process by /proc; undefined when it is gone or only waits to be buried. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function stop(): Promise<void> {
  if (!existsSync(join(home, 'controller.json'))) return;
  const { pid } = file();
  if (isRunning(pid)) process.kill(pid, 'SIGTERM');
  await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
}

describe('the controller as a process', () => {
  it('starts once for two who ask at the same time, and outlives both', async () => {
    const [first, second] = await Promise.all([start(), start()]);
    expect(first.version.pid).toBe(second.version.pid);
    expect(first.version).toMatchObject({ product: 'jupyterlab-vcp', home });
    expect(first.version.pid).not.toBe(process.pid);
    expect((await first.client.ready()).ready).toBe(true);
  });

  it('listens where only its owner can connect', async () => {
    await start();
    const { socket } = file();
    expect(Buffer.byteLength(socket)).toBeLessThan(108);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, 'controller.json')).mode & 0o777).toBe(0o600);
  });

  it('refuses a second controller on the same data folder and names the first', async () => {
    const { version } = await start();
    const second = await run(process.execPath, [program], { env: { ...process.env, VCP_HOME: home } }).catch((error: { code: number; stderr: string }) => error);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`process id ${version.pid}`) });
    expect((await controllerConnection({ home })).version.pid).toBe(version.pid);
  });

  it('ends in order at SIGTERM: readers are let go, nothing is left but the data', async () => {
    const { client, version } = await start();
    const { socket } = file();
    const outgoing = request({ socketPath: socket, path: '/v1/events' }).end();
    const [response] = await once(outgoing, 'response') as [import('node:http').IncomingMessage];
    response.resume();
    const ended = once(response, 'end');
    const began = Date.now();
    process.kill(version.pid, 'SIGTERM');
    await ended;
    await expect.poll(() => isRunning(version.pid), { timeout: 10_000 }).toBe(false);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect([existsSync(socket), existsSync(join(home, 'controller.json'))]).toEqual([false, false]);
    expect(log()).toContain('the controller has stopped');
    await expect(client.version()).rejects.toMatchObject({ code: 'controller_unavailable' });
  });

  it('ends when it is asked over REST, and when vcp controller stop asks', async () => {
    const { client, version } = await start();
    await client.shutdown();
    await expect.poll(() => isRunning(version.pid), { timeout: 10_000 }).toBe(false);
    const again = await start();
    const { stdout } = await run(process.execPath, [vcp, 'controller', 'stop', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ stopped: true, pid: again.version.pid });
    expect(isRunning(again.version.pid)).toBe(false);
    expect(JSON.parse((await run(process.execPath, [vcp, 'controller', 'stop', '--json'])).stdout)).toEqual({ stopped: false, running: false });
  });

  it('starts again after kill -9 over what was left, and a client that needs it starts it by itself', async () => {
    const { version } = await start();
    const client = revivingClient({ home });
    expect((await client.version()).pid).toBe(version.pid);
    process.kill(version.pid, 'SIGKILL');
    await expect.poll(() => isRunning(version.pid)).toBe(false);
    const revived = await client.version();
    expect(revived.pid).not.toBe(version.pid);
    expect(revived.installation).toBe(version.installation);
    client.close();
  });

  it('leaves a controller that was stopped alone when a page only listens', async () => {
    await start();
    await stop();
    const client = revivingClient({ home });
    await expect(client.events({}, { longestOutageMs: 0 }).next()).rejects.toMatchObject({ code: 'controller_unavailable' });
    expect(existsSync(join(home, 'controller.json'))).toBe(false);
    client.close();
  });

  it('names a mistake in its settings with the line, to a person and to who starts it', async () => {
    writeFileSync(join(home, 'settings.yml'), 'logLevel: info\nadressPool: 10.0.0.0/8\n');
    await expect(start()).rejects.toMatchObject({ code: 'invalid_request', at: [{ line: 2, column: 1 }], hint: 'Did you mean “addressPool”?' });
    const byHand = await run(process.execPath, [program], { env: { ...process.env, VCP_HOME: home } }).catch((error: { code: number; stderr: string }) => error);
    expect(byHand).toMatchObject({ code: 2, stderr: expect.stringContaining('settings.yml:2:1') });
    const wrong = await run(process.execPath, [program, '--forground']).catch((error: { code: number; stderr: string }) => error);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--help') });
  });

  it('says why it cannot start in a place that cannot be written', async () => {
    const place = join(home, 'file');
    writeFileSync(place, '');
    await expect(ensureController({ home: join(place, 'sub') })).rejects.toMatchObject({ code: 'store_read_only', hint: expect.stringContaining('VCP_HOME') });
  });

  it('says that the program is missing', async () => {
    vi.stubEnv('VCP_CONTROLLER', join(home, 'nothing.mjs'));
    await expect(start()).rejects.toMatchObject({ code: 'controller_unavailable' });
  });

  it('shows its log to who runs it in the foreground, and stops at Ctrl-C', async () => {
    mkdirSync(home, { recursive: true });
    const child = spawn(process.execPath, [program, '--foreground'], { env: { ...process.env, VCP_HOME: home }, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => { text += piece; });
    await expect.poll(() => text, { timeout: 20_000 }).toContain('the controller is ready');
    child.kill('SIGINT');
    const [code] = await once(child, 'exit') as [number];
    expect(code).toBe(0);
    expect(text).toMatch(/^\d\d:\d\d:\d\d info {2}the controller is ready {2}socket=/m);
  });

  it('rests in less than 120 MB', async () => {
    const { client, version } = await start();
    for (let count = 0; count < 50; count += 1) await client.listVcs();
    const resident = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${version.pid}/status`, 'utf8'))![1]);
    expect(resident).toBeLessThan(120_000);
    const [, bytes] = /^process_resident_memory_bytes (\d+)$/m.exec(await client.metrics())!;
    expect(Math.abs(Number(bytes) / 1024 - resident)).toBeLessThan(20_000);
  });
});
