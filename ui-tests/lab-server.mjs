// Starts a JupyterLab server with this checkout's extension, kernel and controller, on folders of its own.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stageJupyter } from '../scripts/setup/stage.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const bin = join(root, '.venv', 'bin');

/** Where the browser's pages begin: not the root, so that "the current folder" means something. */
export const WORK_FOLDER = 'work';

/** A folder that is short enough for a socket's path, and gone when the tests are. */
export function makeFolder(name) {
  return mkdtempSync(join(tmpdir(), `vcp-ui-${name}-`));
}

export async function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/**
 * @param {{port: number, folder: string, environment?: Record<string, string>}} options
 *   `folder` holds the data folder (`home`) and the notebooks (`notebooks`)
 * @returns {Promise<{url: string, child: import('node:child_process').ChildProcess, stop: () => Promise<void>}>}
 */
export async function startLab({ port, folder, environment = {} }) {
  const { environment: jupyter } = await stageJupyter(root, bin);
  const notebooks = join(folder, 'notebooks');
  mkdirSync(join(notebooks, WORK_FOLDER), { recursive: true });
  const log = join(folder, 'jupyter.log');
  const output = openSync(log, 'a');
  const child = spawn(join(bin, 'jupyter'), ['lab', '--config', join(here, 'jupyter_server_test_config.py')], {
    cwd: notebooks,
    stdio: ['ignore', output, output],
    env: {
      ...process.env,
      ...jupyter,
      PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
      VCP_NODE: process.execPath,
      VCP_CONTROLLER: process.env.VCP_CONTROLLER ?? join(root, 'controller', 'dist', 'controller.mjs'),
      VCP_KERNEL: process.env.VCP_KERNEL ?? join(root, 'kernel', 'dist', 'kernel.mjs'),
      VCP_TEMPLATES: process.env.VCP_TEMPLATES ?? join(root, 'templates-notebooks'),
      VCP_HOME: join(folder, 'home'),
      VCP_UI_PORT: String(port),
      JUPYTERLAB_GALATA_ROOT_DIR: notebooks,
      // What a person has set in their own account shall not reach the tests.
      JUPYTERLAB_SETTINGS_DIR: join(folder, 'settings'),
      JUPYTER_CONFIG_DIR: join(folder, 'config'),
      ...environment
    }
  });
  closeSync(output);
  const url = `http://127.0.0.1:${port}`;
  const ended = new Promise(resolve => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  const ready = await Promise.race([answers(`${url}/api/status`), ended.then(() => false)]);
  if (!ready) throw new Error(`JupyterLab did not start:\n${readFileSync(log, 'utf8').slice(-3000)}`);
  return { url, child, stop };
}

/** Ends what a test server leaves behind on purpose: virtual clouds and the controller. Then the folder goes. */
export async function clearFolder(url, folder) {
  const api = `${url}/jupyterlab-vcp/api`;
  const { items = [] } = await (await fetch(`${api}/v1/vcs`)).json();
  for (const vc of items) await fetch(`${api}/v1/vcs/${vc.name}?confirm=${vc.name}`, { method: 'DELETE', headers: { 'idempotency-key': `clear-${vc.id}` } });
  for (const limit = Date.now() + 120_000; Date.now() < limit;) {
    const left = (await (await fetch(`${api}/v1/vcs`)).json()).items ?? [];
    if (left.length === 0) break;
    await new Promise(resolve => setTimeout(resolve, 300));
  }
  const { controller } = await (await fetch(`${url}/jupyterlab-vcp/status`)).json();
  await fetch(`${api}/v1/controller:stop`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  // Its files are gone only when it is.
  for (const limit = Date.now() + 20_000; controller !== undefined && Date.now() < limit && alive(controller.pid);) await new Promise(resolve => setTimeout(resolve, 50));
  rmSync(folder, { recursive: true, force: true });
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function answers(url) {
  for (const limit = Date.now() + 90_000; Date.now() < limit;) {
    const status = await new Promise(resolve => {
      const call = request(url, { timeout: 2000 }, response => { response.resume(); resolve(response.statusCode); });
      call.once('error', () => resolve(0));
      call.once('timeout', () => call.destroy());
      call.end();
    });
    if (status === 200) return true;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  return false;
}
