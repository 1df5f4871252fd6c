import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { VcpClient, socketTransport } from '@jupyterlab-vcp/sdk';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;

/** A controller as users have it: the built program in a process of its own, with a data folder of its own. */
export class RealController {
  readonly home: string;
  readonly #environment: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #client: VcpClient | undefined;

  private constructor(home: string, environment: NodeJS.ProcessEnv) {
    this.home = home;
    this.#environment = environment;
  }

  static async create(environment: NodeJS.ProcessEnv = {}): Promise<RealController> {
    const controller = new RealController(await mkdtemp(join(tmpdir(), 'vcp-test-')), environment);
    await controller.start();
    return controller;
  }

  get client(): VcpClient {
    if (this.#client === undefined) throw new Error('the controller does not run');
    return this.#client;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it and waits for the line that says where it listens. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(root, 'controller/dist/controller.mjs'), '--foreground'], { env: { ...process.env, ...this.#environment, VCP_HOME: this.home }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => { output += String(chunk); });
    child.stderr.on('data', (chunk: Buffer) => { output += String(chunk); });
    const ended = once(child, 'exit').then(([code]) => { throw new Error(`the controller ended with code ${String(code)}:\n${output.slice(-3000)}`); });
    ended.catch(() => undefined);
    this.#client = await Promise.race([this.#connect(child), ended]);
  }

  async #connect(child: ChildProcess): Promise<VcpClient> {
    for (;;) {
      const text = await readFile(join(this.home, 'controller.json'), 'utf8').catch(() => '{}');
      const { pid, socket } = JSON.parse(text === '' ? '{}' : text) as { pid?: number; socket?: string };
      if (pid === child.pid && socket !== undefined) {
        const client = new VcpClient(socketTransport(socket));
        if (await client.version().then(() => true, () => false)) return client;
        client.close();
      }
      if (child.exitCode !== null) throw new Error('the controller has ended');
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  /** `kill -9`, as the kernel of the machine or an impatient person does it. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    this.#client?.close();
    this.#client = undefined;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#client?.close();
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  /** What Docker itself holds for this installation, read by a program that shares no code with ours. */
  async oracle(): Promise<OracleReport> {
    const installation = await this.installation();
    // It exits 1 when it finds duplicates; its report says which.
    const { stdout } = await run(process.execPath, [join(root, 'controller/testing/docker-oracle.mjs'), installation]).catch((error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? '' }));
    const report = JSON.parse(stdout) as OracleReport;
    if (report.duplicates.length > 0) console.error('duplicates', report.duplicates);
    return report;
  }

  async installation(): Promise<string> {
    return (await this.client.version()).installation;
  }

  /** Ends the controller and removes its data folder and whatever a failed test left in Docker. */
  async dispose(): Promise<void> {
    const left = await this.oracle().catch(() => undefined);
    await this.stop();
    for (const container of left?.containers ?? []) await run('docker', ['rm', '-f', container.name]).catch(() => undefined);
    for (const volume of left?.volumes ?? []) await run('docker', ['volume', 'rm', '-f', volume.name]).catch(() => undefined);
    for (const network of left?.networks ?? []) await run('docker', ['network', 'rm', network.name]).catch(() => undefined);
    await rm(this.home, { recursive: true, force: true });
  }
}

export interface OracleReport {
  readonly containers: readonly { readonly name: string; readonly node?: string }[];
  readonly networks: readonly { readonly name: string }[];
  readonly volumes: readonly { readonly name: string }[];
  readonly duplicates: readonly unknown[];
}
