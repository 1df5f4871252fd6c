import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { Dealer, Subscriber } from 'zeromq';

/** A message of the Jupyter protocol, as far as a client reads it. */
export interface KernelMessage { readonly type: string; readonly parent: string | undefined; readonly content: Readonly<Record<string, unknown>> }

export interface Connection { readonly transport: 'ipc'; readonly ip: string; readonly key: string; readonly shell_port: number; readonly iopub_port: number; readonly stdin_port: number; readonly control_port: number; readonly hb_port: number; readonly signature_scheme: 'hmac-sha256' }

/** A connection over sockets in a folder: no port can be taken by somebody else meanwhile. */
export function connectionIn(folder: string): Connection {
  return { transport: 'ipc', ip: `${folder}/kernel`, key: randomBytes(16).toString('hex'), shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5, signature_scheme: 'hmac-sha256' };
}

const DELIMITER = '<IDS|MSG>';

/** The client's side of a kernel's shell, control and iopub channels. */
export class KernelClient {
  readonly #key: string;
  readonly #session = randomUUID();
  readonly #shell = new Dealer({ linger: 0 });
  readonly #control = new Dealer({ linger: 0 });
  readonly #iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  readonly #listeners = new Map<string, (message: KernelMessage) => void>();
  readonly #reading: Promise<unknown>;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection) {
    this.#key = connection.key;
    const address = (port: number): string => `ipc://${connection.ip}-${port}`;
    this.#shell.connect(address(connection.shell_port));
    this.#control.connect(address(connection.control_port));
    this.#iopub.connect(address(connection.iopub_port));
    this.#iopub.subscribe();
    this.#reading = Promise.allSettled([this.#read(this.#shell), this.#read(this.#control), this.#read(this.#iopub)]);
  }

  /** Sends a request; the listener gets every message that answers it, on any channel, until it is forgotten. */
  async request(channel: 'shell' | 'control', type: string, content: object, metadata: object, listener: (message: KernelMessage) => void): Promise<{ readonly id: string; forget(): void }> {
    const id = randomUUID();
    this.#listeners.set(id, listener);
    const header = { msg_id: id, msg_type: type, session: this.#session, username: 'vcp', date: new Date().toISOString(), version: '5.3' };
    const parts = [header, {}, metadata, content].map(part => JSON.stringify(part));
    // The binding takes one message at a time.
    const sent = this.#sending.then(() => (channel === 'shell' ? this.#shell : this.#control).send([DELIMITER, this.#sign(parts), ...parts]));
    this.#sending = sent.catch(() => undefined);
    await sent;
    return { id, forget: () => this.#listeners.delete(id) };
  }

  async close(): Promise<void> {
    for (const socket of [this.#shell, this.#control, this.#iopub]) socket.close();
    await this.#reading;
  }

  async #read(socket: Dealer | Subscriber): Promise<void> {
    for await (const frames of socket) {
      const at = frames.findIndex((frame: Buffer) => frame.toString() === DELIMITER);
      const parts = frames.slice(at + 2, at + 6).map((frame: Buffer) => frame.toString('utf8'));
      if (at < 0 || parts.length < 4 || this.#sign(parts) !== frames[at + 1]!.toString()) continue;
      const [header, parent, , content] = parts.map(part => JSON.parse(part) as Readonly<Record<string, unknown>>);
      const id = parent?.['msg_id'];
      const message: KernelMessage = { type: String(header?.['msg_type']), parent: typeof id === 'string' ? id : undefined, content: content ?? {} };
      if (message.parent !== undefined) this.#listeners.get(message.parent)?.(message);
    }
  }

  #sign(parts: readonly string[]): string {
    const hmac = createHmac('sha256', this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest('hex');
  }
}
