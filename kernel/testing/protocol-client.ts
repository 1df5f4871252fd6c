import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Dealer, Request as ZmqRequest, Subscriber } from 'zeromq';

export type Content = Readonly<Record<string, unknown>>;

export interface ReceivedMessage {
  readonly type: string;
  readonly parentId: string;
  readonly parentType: string;
  readonly content: Content;
}

export interface ExecuteOptions {
  readonly silent?: boolean;
  readonly storeHistory?: boolean;
  readonly stopOnError?: boolean;
  readonly allowStdin?: boolean;
  readonly userExpressions?: Readonly<Record<string, string>>;
  readonly cellId?: string;
}

/** All that one cell brought about. */
export interface CellOutcome {
  readonly reply: Content;
  readonly outputs: readonly ReceivedMessage[];
  readonly stdout: string;
  readonly stderr: string;
  /** `text/plain` of the result. */
  readonly result: unknown;
}

export interface KernelOptions {
  /** Command line of another kernel; by default ours. */
  readonly argv?: (connectionFile: string) => readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

const KERNEL_FILE = fileURLToPath(new URL('../dist/kernel.mjs', import.meta.url));
const DELIMITER = '<IDS|MSG>';
/** The sockets connect before the kernel has bound its own; ZeroMQ would try again every 100 ms only. */
const RECONNECT = { reconnectInterval: 5 };

/** A real kernel process and a front end that talks to it over the real protocol. */
export class ProtocolClient {
  readonly process: ChildProcess;
  readonly cwd: string;
  readonly iopubMessages: ReceivedMessage[] = [];
  stderr = '';
  /** Answers `input_request`. */
  onInput: (prompt: string, password: boolean) => string = () => '';
  readonly #key = randomUUID();
  readonly #session = randomUUID();
  readonly #shell = new Dealer({ ...RECONNECT, linger: 0, receiveHighWaterMark: 0, routingId: 'client' });
  readonly #control = new Dealer({ ...RECONNECT, linger: 0 });
  readonly #stdin = new Dealer({ ...RECONNECT, linger: 0, routingId: 'client' });
  readonly #iopub = new Subscriber({ ...RECONNECT, linger: 0, receiveHighWaterMark: 0 });
  readonly #heartbeat = new ZmqRequest({ linger: 0 });
  readonly #ports: readonly number[];
  readonly #folder: string;
  readonly #replies = new Map<string, (message: ReceivedMessage) => void>();
  readonly #listeners = new Set<() => void>();
  #sending: Promise<void> = Promise.resolve();

  static async start(options: KernelOptions = {}): Promise<ProtocolClient> {
    const client = new ProtocolClient(await freePorts(5), options);
    await client.#connect();
    return client;
  }

  private constructor(ports: readonly number[], { env, cwd, argv = ownKernel }: KernelOptions) {
    this.#ports = ports;
    this.#folder = mkdtempSync(join(tmpdir(), 'vcp-kernel-'));
    this.cwd = cwd ?? this.#folder;
    const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
    const file = join(this.#folder, 'connection.json');
    const info = { transport: 'tcp', ip: '127.0.0.1', shell_port, iopub_port, stdin_port, control_port, hb_port, key: this.#key, signature_scheme: 'hmac-sha256' };
    writeFileSync(file, JSON.stringify(info), { mode: 0o600 });
    const [command = '', ...args] = argv(file);
    this.process = spawn(command, args, { cwd: this.cwd, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } });
    this.process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  async request(type: string, content: Content, channel: 'shell' | 'control' = 'shell', metadata: Content = {}): Promise<ReceivedMessage> {
    const id = randomUUID();
    const reply = new Promise<ReceivedMessage>((resolve) => this.#replies.set(id, resolve));
    await this.#send(channel, id, type, content, metadata);
    return reply;
  }

  /** Runs a cell and waits for its reply and for `idle`. */
  async execute(code: string, options: ExecuteOptions = {}): Promise<CellOutcome> {
    return (await this.submit(code, options)).outcome;
  }

  /** Sends a cell; its outcome comes later. */
  async submit(code: string, options: ExecuteOptions = {}): Promise<{ readonly id: string; readonly outcome: Promise<CellOutcome> }> {
    const id = randomUUID();
    const reply = new Promise<ReceivedMessage>((resolve) => this.#replies.set(id, resolve));
    const content = {
      code,
      silent: options.silent ?? false,
      store_history: options.storeHistory ?? true,
      stop_on_error: options.stopOnError ?? true,
      allow_stdin: options.allowStdin ?? true,
      user_expressions: options.userExpressions ?? {}
    };
    await this.#send('shell', id, 'execute_request', content, options.cellId === undefined ? {} : { cellId: options.cellId });
    const outcome = Promise.all([reply, this.#idle(id)]).then(([{ content: replied }]) => this.#outcome(id, replied));
    return { id, outcome };
  }

  /** Resolves when a message has come that fits, also when it came before. */
  async waitFor(fits: (message: ReceivedMessage) => boolean): Promise<ReceivedMessage> {
    for (;;) {
      const found = this.iopubMessages.find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  outputsOf(id: string): readonly ReceivedMessage[] {
    return this.iopubMessages.filter((message) => message.parentId === id && !['status', 'execute_input'].includes(message.type));
  }

  async interrupt(): Promise<void> {
    await this.request('interrupt_request', {}, 'control');
  }

  async heartbeat(): Promise<string> {
    await this.#heartbeat.send('ping');
    const [answer] = await this.#heartbeat.receive();
    return String(answer);
  }

  /** Asks the kernel to end and returns its exit code. */
  async shutdown(): Promise<number | null> {
    const ended = this.process.exitCode === null ? once(this.process, 'exit') : Promise.resolve([this.process.exitCode]);
    await this.request('shutdown_request', { restart: false }, 'control');
    const [code] = (await ended) as [number | null];
    this.dispose();
    return code;
  }

  dispose(): void {
    this.process.kill('SIGKILL');
    for (const socket of [this.#shell, this.#control, this.#stdin, this.#iopub, this.#heartbeat]) socket.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #connect(): Promise<void> {
    const [shell, iopub, stdin, control, heartbeat] = this.#ports.map((port) => `tcp://127.0.0.1:${port}`);
    this.#shell.connect(shell ?? '');
    this.#iopub.connect(iopub ?? '');
    this.#iopub.subscribe();
    this.#stdin.connect(stdin ?? '');
    this.#control.connect(control ?? '');
    this.#heartbeat.connect(heartbeat ?? '');
    void this.#receive(this.#shell, (message) => this.#replies.get(message.parentId)?.(message));
    void this.#receive(this.#control, (message) => this.#replies.get(message.parentId)?.(message));
    void this.#receive(this.#stdin, (message) => {
      const value = this.onInput(String(message.content['prompt']), message.content['password'] === true);
      void this.#send('stdin', randomUUID(), 'input_reply', { value });
    });
    void this.#receive(this.#iopub, (message) => {
      this.iopubMessages.push(message);
      for (const listener of this.#listeners) listener();
      this.#listeners.clear();
    });
    const ready = this.#untilReady();
    const ended = once(this.process, 'exit').then(() => Promise.reject(new Error(`The kernel ended at its start: ${this.stderr}`)));
    await Promise.race([ready, ended]);
    ended.catch(() => undefined);
  }

  /** Asks until an answer has come on both channels: what is published before a subscription arrives is lost. */
  async #untilReady(): Promise<void> {
    for (;;) {
      await this.request('kernel_info_request', {});
      if (this.iopubMessages.some(({ parentType }) => parentType === 'kernel_info_request')) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #idle(id: string): Promise<ReceivedMessage> {
    return this.waitFor(({ type, parentId, content }) => type === 'status' && parentId === id && content['execution_state'] === 'idle');
  }

  #outcome(id: string, reply: Content): CellOutcome {
    const outputs = this.outputsOf(id);
    const text = (name: string): string => outputs.filter(({ type, content }) => type === 'stream' && content['name'] === name).map(({ content }) => String(content['text'])).join('');
    const result = outputs.find(({ type }) => type === 'execute_result')?.content['data'] as Content | undefined;
    return { reply, outputs, stdout: text('stdout'), stderr: text('stderr'), result: result?.['text/plain'] };
  }

  #send(channel: 'shell' | 'control' | 'stdin', id: string, type: string, content: Content, metadata: Content = {}): Promise<void> {
    const header = { msg_id: id, msg_type: type, session: this.#session, username: 'test', date: new Date().toISOString(), version: '5.4' };
    const parts = [header, {}, metadata, content].map((part) => JSON.stringify(part));
    const hmac = createHmac('sha256', this.#key);
    for (const part of parts) hmac.update(part);
    const socket = { shell: this.#shell, control: this.#control, stdin: this.#stdin }[channel];
    this.#sending = this.#sending.then(() => socket.send([DELIMITER, hmac.digest('hex'), ...parts]));
    return this.#sending;
  }

  async #receive(socket: AsyncIterable<Buffer[]>, take: (message: ReceivedMessage) => void): Promise<void> {
    try {
      for await (const frames of socket) {
        const at = frames.findIndex((frame) => frame.toString() === DELIMITER);
        const [header, parent, , content] = frames.slice(at + 2, at + 6).map((frame) => JSON.parse(frame.toString()) as Content);
        take({ type: String(header?.['msg_type']), parentId: String(parent?.['msg_id'] ?? ''), parentType: String(parent?.['msg_type'] ?? ''), content: content ?? {} });
      }
    } catch {
      // The socket was closed.
    }
  }
}

/** The command line of the built kernel, as its kernelspec has it. */
export function ownKernel(connectionFile: string): readonly string[] {
  return [process.execPath, '--no-force-async-hooks-checks', KERNEL_FILE, connectionFile];
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    })
  );
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
