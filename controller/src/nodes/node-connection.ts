import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type ClientChannel } from 'ssh2';
import { HelperLink } from './helper-link.js';
import { NODE_HELPER_BOOTSTRAP } from './node-helper-program.js';
import { abortError, hostKeyMismatch, unreachable } from './node-errors.js';
import { Semaphore } from './semaphore.js';

/** sshd as it comes allows ten sessions a connection; each other use is a forwarding, which it does not count. */
const SESSIONS_PER_CONNECTION = 8;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const KEEPALIVE_INTERVAL_MS = 5_000;
const KEEPALIVES_MISSED = 3;

export interface ConnectOptions {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** OpenSSH line that the node has to show. */
  readonly hostKey: string;
  readonly privateKey: string;
  /** How long the network may take to answer at all. */
  readonly connectTimeoutMs: number;
  /** The connection of the gateway through which this node is reached. */
  readonly through?: NodeConnection | undefined;
}

/** One kept ssh connection to one node; everything that we do there runs over its channels. Agent and X11 are never forwarded. */
export class NodeConnection {
  readonly name: string;
  readonly #client: ssh2.Client;
  readonly #sessions = new Semaphore(SESSIONS_PER_CONNECTION);
  #helper: Promise<HelperLink> | undefined;
  #alive = true;
  readonly #onClosed = new Set<() => void>();

  private constructor(name: string, client: ssh2.Client) {
    this.name = name;
    this.#client = client;
    const lost = (): void => {
      if (!this.#alive) return;
      this.#alive = false;
      for (const listener of [...this.#onClosed]) listener();
      this.#onClosed.clear();
    };
    client.on('close', lost).on('end', lost).on('error', lost);
  }

  get alive(): boolean { return this.#alive; }

  /** Called once when the connection is gone, at once if it is. Returns the way to stop listening. */
  onClosed(listener: () => void): () => void {
    if (this.#alive) this.#onClosed.add(listener);
    else listener();
    return () => this.#onClosed.delete(listener);
  }

  /** @throws node_unreachable (nobody answers, the key is not admitted, the host key is another). */
  static async open(options: ConnectOptions): Promise<NodeConnection> {
    const [type = '', base64 = ''] = options.hostKey.trim().split(/\s+/);
    const expected = Buffer.from(base64, 'base64');
    if (type === '' || expected.length === 0) throw unreachable(options.name, 'its host key is not known yet.');
    const sock = options.through === undefined ? await openSocket(options) : await openThrough(options.through, options);
    return new Promise((resolve, reject) => {
      const client = new ssh2.Client();
      let mismatch: Error | undefined;
      const fail = (error: Error): void => {
        // Whatever it still complains about while it goes down is nobody's business any more.
        client.on('error', () => undefined).destroy();
        reject(mismatch ?? refusal(options.name, error));
      };
      client.once('error', fail).once('close', () => fail(new Error('the connection was closed while it was made')));
      client.once('ready', () => {
        client.removeAllListeners('close').removeListener('error', fail);
        resolve(new NodeConnection(options.name, client));
      });
      client.connect({
        sock, username: 'root', privateKey: options.privateKey, agentForward: false, readyTimeout: HANDSHAKE_TIMEOUT_MS,
        keepaliveInterval: KEEPALIVE_INTERVAL_MS, keepaliveCountMax: KEEPALIVES_MISSED,
        authHandler: ['publickey'],
        algorithms: {
          serverHostKey: type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type as 'ssh-ed25519'],
          // The counter-and-tag cipher is one call of OpenSSL a packet; the other default computes its tag in WebAssembly.
          cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr', 'chacha20-poly1305@openssh.com'],
          compress: ['none']
        },
        hostVerifier: (offered: Buffer) => {
          if (offered.equals(expected)) return true;
          mismatch = hostKeyMismatch(options.name, fingerprint(expected), fingerprint(offered));
          return false;
        }
      });
    });
  }

  /** Runs a program on the node in a session of its own; for our own tools, not for users' commands. */
  async openSession(command: string, signal?: AbortSignal): Promise<ClientChannel> {
    const leave = await this.#sessions.enter(signal);
    try {
      const channel = await this.#channel<ClientChannel>(signal, done => this.#client.exec(command, done));
      keepOpenForExit(channel);
      const forget = this.onClosed(leave);
      channel.once('close', () => {
        forget();
        leave();
      });
      return channel;
    } catch (error) {
      leave();
      throw error;
    }
  }

  openUnixSocket(path: string, signal?: AbortSignal): Promise<Duplex> {
    return this.#channel<Duplex>(signal, done => this.#client.openssh_forwardOutStreamLocal(path, done));
  }

  openTcp(address: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    return this.#channel<Duplex>(signal, done => this.#client.forwardOut('127.0.0.1', 0, address, port, done));
  }

  /** The helper program, started at the first use and again should it have died. */
  async helper(): Promise<HelperLink> {
    const known = this.#helper;
    const current = await known?.catch(() => undefined);
    if (current !== undefined && !current.closed) return current;
    // Of several callers that find it dead, the first starts another and the rest share that one.
    if (this.#helper === known) this.#helper = undefined;
    const starting = (this.#helper ??= this.#startHelper());
    try {
      return await starting;
    } catch (error) {
      if (this.#helper === starting) this.#helper = undefined;
      throw error;
    }
  }

  close(): void {
    this.#client.end();
    this.#client.destroy();
  }

  async #startHelper(): Promise<HelperLink> {
    const channel = await this.openSession(NODE_HELPER_BOOTSTRAP);
    const link = new HelperLink(channel, this.name, channel.stderr);
    const forget = this.onClosed(() => link.end());
    channel.once('close', forget);
    await link.ready();
    return link;
  }

  #channel<T extends Duplex>(signal: AbortSignal | undefined, open: (done: (error: Error | undefined, channel: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      let over = false;
      let forget = (): void => undefined;
      const end = (act: () => void): void => {
        over = true;
        forget();
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const onAbort = (): void => end(() => reject(abortError(signal, `Work on node ${this.name}`)));
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      forget = this.onClosed(() => { if (!over) end(() => reject(unreachable(this.name, 'the connection was lost.'))); });
      if (over) return;
      try {
        open((error, channel) => {
          if (over) return void channel?.destroy();
          end(() => (error ? reject(error) : resolve(channel)));
        });
      } catch (error) {
        if (!over) end(() => reject(unreachable(this.name, 'the connection was lost.', error)));
      }
    });
  }
}

/**
 * Node destroys a stream as soon as both its directions have ended, and ssh2 then closes the channel. The exit code may
 * still be on its way, and sshd tells none on a channel that was closed: so that waits for sshd.
 */
function keepOpenForExit(channel: ClientChannel): void {
  const destroy = channel.destroy.bind(channel) as () => ClientChannel;
  let exited = false;
  channel.once('exit', () => { exited = true; });
  channel.destroy = () => (!exited && channel.readableEnded && channel.writableFinished ? channel : destroy());
}

function openSocket(options: ConnectOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: options.address, port: options.port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error(`${options.address} does not answer`)), options.connectTimeoutMs);
    socket.once('error', error => {
      clearTimeout(timer);
      reject(unreachable(options.name, `${error.message}.`, error));
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      batchWrites(socket);
      resolve(socket);
    });
  });
}

/** What is written in one turn leaves in one call: each packet of ssh is a write of its own otherwise (measured: 3 times the time for images). */
function batchWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let corked = false;
  socket.write = (...args: unknown[]) => {
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(() => {
        corked = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
}

async function openThrough(gateway: NodeConnection, options: ConnectOptions): Promise<Duplex> {
  try {
    return await gateway.openTcp(options.address, options.port, AbortSignal.timeout(options.connectTimeoutMs));
  } catch (error) {
    throw unreachable(options.name, `the gateway of its region gets no answer from ${options.address} (${(error as Error).message}).`, error);
  }
}

function refusal(name: string, error: Error): Error {
  if (/authentication methods failed/.test(error.message)) return unreachable(name, "it does not admit the controller's key.", error);
  return unreachable(name, `${error.message}.`, error);
}

function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
