import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VcpError } from '../../wire/index.js';
import { KernelClient, connectionIn, type KernelMessage } from './kernel-client.js';

const LONGEST_START_MS = 60_000;
const ASK_AGAIN_MS = 200;
const LONGEST_END_MS = 5_000;

/** Where the kernel's program is: VCP_KERNEL, or beside this one in a checkout or in the wheel. */
export function kernelScript(): string {
  const given = process.env['VCP_KERNEL'];
  if (given !== undefined && given !== '') return resolve(given);
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = ['kernel.mjs', '../kernel/kernel.mjs', '../kernel/dist/kernel.mjs', '../../kernel/dist/kernel.mjs', '../../../../kernel/dist/kernel.mjs'].map(path => join(here, path));
  const found = candidates.find(path => existsSync(path));
  if (found === undefined) throw new VcpError('not_supported', 'The program of the kernel was not found.', { hint: 'Build it with: npm run build, or name it with VCP_KERNEL.', details: { tried: candidates } });
  return found;
}

/** A kernel of our own as a child process, spoken to by the Jupyter protocol. */
export class KernelProcess {
  readonly client: KernelClient;
  /** Rejects when the process ends by itself. */
  readonly lost: Promise<never>;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<void>;
  #stopping = false;

  private constructor(child: ChildProcess, client: KernelClient, folder: string, complaints: () => string) {
    this.#child = child;
    this.client = client;
    this.#folder = folder;
    this.#ended = new Promise(done => child.once('close', () => done()));
    this.lost = new Promise((_, reject) => {
      child.once('error', error => reject(new VcpError('internal', 'The kernel could not be started.', { cause: error })));
      child.once('close', (code, signal) => { if (!this.#stopping) reject(new VcpError('internal', `The kernel ended by itself (${signal ?? `exit code ${code}`}).`, { hint: complaints().split('\n').slice(-5).join('\n') || 'Run the notebook again.' })); });
    });
    this.lost.catch(() => undefined);
  }

  /** @param environment variables for the kernel beside our own */
  static async start(cwd: string, environment: Readonly<Record<string, string>>): Promise<KernelProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'vcp-run-'));
    const connection = connectionIn(folder);
    const file = join(folder, 'connection.json');
    await writeFile(file, JSON.stringify(connection), { mode: 0o600 });
    // The flag lets an endless loop in a timer be interrupted, as in the kernel's own kernelspec.
    const child = spawn(process.execPath, ['--no-force-async-hooks-checks', kernelScript(), file], { cwd, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-4000); });
    const kernel = new KernelProcess(child, new KernelClient(connection), folder, () => said.trim());
    try {
      await Promise.race([kernel.#untilReady(), kernel.lost]);
    } catch (error) {
      await kernel.stop();
      throw error;
    }
    return kernel;
  }

  /** Asks the kernel to end what it runs. */
  async interrupt(): Promise<void> {
    await this.client.request('control', 'interrupt_request', {}, {}, () => undefined);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined) {
      await this.client.request('control', 'shutdown_request', { restart: false }, {}, () => undefined).catch(() => undefined);
      const late = setTimeout(() => this.#child.kill('SIGKILL'), LONGEST_END_MS);
      await this.#ended;
      clearTimeout(late);
    }
    await this.client.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Ready = it answers, and its iopub channel reaches us too: what is published before that is lost. */
  #untilReady(): Promise<void> {
    return new Promise((done, fail) => {
      const seen = new Set<string>();
      const late = setTimeout(() => finish(new VcpError('timed_out', 'The kernel did not become ready in time.')), LONGEST_START_MS);
      const listener = ({ type }: KernelMessage): void => {
        seen.add(type);
        if (seen.has('kernel_info_reply') && seen.has('status')) finish();
      };
      const ask = (): void => void this.client.request('shell', 'kernel_info_request', {}, {}, listener).catch(finish);
      const again = setInterval(ask, ASK_AGAIN_MS);
      const finish = (error?: unknown): void => {
        clearTimeout(late);
        clearInterval(again);
        if (error === undefined) done();
        else fail(error as Error);
      };
      ask();
    });
  }
}
