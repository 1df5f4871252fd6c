import { Reply, Router, XPublisher } from 'zeromq';
import { address, type ConnectionInfo } from './connection-file.js';
import { MessageCodec, type IncomingMessage, type MessageHeader, type OutgoingMessage } from './message.js';
import { outgoing, type Channel } from './outgoing.js';
import { SendQueue } from './send-queue.js';

export type ReceivingChannel = 'shell' | 'control' | 'stdin';

export interface SocketHandlers {
  readonly onMessage: (channel: ReceivingChannel, message: IncomingMessage) => void;
  readonly onError: (what: string, error: unknown) => void;
}

const LINGER_MS = 1000;
const DRAIN_LIMIT_MS = 2000;
const SUBSCRIBE = 1;

/** The five sockets of a kernel. */
export class KernelSockets {
  readonly #codec: MessageCodec;
  readonly #handlers: SocketHandlers;
  // No high-water mark: the binding would drop the messages above it without a word.
  readonly #iopub = new XPublisher({ sendHighWaterMark: 0, linger: LINGER_MS, verbosity: 'allSubs' });
  readonly #heartbeat = new Reply({ linger: 0 });
  readonly #routers: Readonly<Record<ReceivingChannel, Router>> = { shell: router(), control: router(), stdin: router() };
  readonly #queues: Readonly<Record<Channel, SendQueue>>;
  #isClosing = false;

  constructor(key: string, handlers: SocketHandlers) {
    this.#codec = new MessageCodec(key);
    this.#handlers = handlers;
    const queue = (name: string, socket: Router | XPublisher): SendQueue => new SendQueue(socket, (error) => this.#report(`sending on ${name}`, error));
    const { shell, control, stdin } = this.#routers;
    this.#queues = { iopub: queue('iopub', this.#iopub), shell: queue('shell', shell), control: queue('control', control), stdin: queue('stdin', stdin) };
  }

  /** Binds all sockets and starts to receive. Rejects when a port is taken. */
  async open(info: ConnectionInfo): Promise<void> {
    const { shell, control, stdin } = this.#routers;
    await Promise.all([
      this.#iopub.bind(address(info, info.iopub_port)),
      shell.bind(address(info, info.shell_port)),
      control.bind(address(info, info.control_port)),
      stdin.bind(address(info, info.stdin_port)),
      this.#heartbeat.bind(address(info, info.hb_port))
    ]);
    for (const channel of ['shell', 'control', 'stdin'] as const) void this.#receive(channel);
    void this.#echoHeartbeats();
    void this.#welcomeSubscribers();
  }

  /** Sends to everyone who listens. */
  publish(message: OutgoingMessage, parent: MessageHeader | undefined): void {
    this.#send('iopub', [message.type], message, parent);
  }

  /** Sends to the front end that `request` came from. */
  reply(channel: ReceivingChannel, request: IncomingMessage, message: OutgoingMessage): void {
    this.#send(channel, request.identities, message, request.header);
  }

  /** Sends what is queued, then closes. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const drained = Promise.all(Object.values(this.#queues).map((queue) => queue.drained()));
    await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_LIMIT_MS))]);
    for (const socket of [this.#iopub, this.#heartbeat, ...Object.values(this.#routers)]) socket.close();
  }

  #send(channel: Channel, identities: readonly (Buffer | string)[], message: OutgoingMessage, parent: MessageHeader | undefined): void {
    try {
      this.#queues[channel].push(this.#codec.encode(identities, outgoing(channel, message), parent));
    } catch (error) {
      this.#report(`encoding ${message.type}`, error);
    }
  }

  async #receive(channel: ReceivingChannel): Promise<void> {
    for await (const frames of received(this.#routers[channel])) {
      try {
        this.#handlers.onMessage(channel, this.#codec.decode(frames));
      } catch (error) {
        this.#report(`receiving on ${channel}`, error);
      }
    }
  }

  async #echoHeartbeats(): Promise<void> {
    try {
      for await (const frames of received(this.#heartbeat)) await this.#heartbeat.send(frames);
    } catch (error) {
      this.#report('answering heartbeats', error);
    }
  }

  /** Tells each subscriber that its subscription has arrived: from now on it misses nothing. */
  async #welcomeSubscribers(): Promise<void> {
    for await (const [frame] of received(this.#iopub)) {
      if (frame?.[0] !== SUBSCRIBE) continue;
      const subscription = frame.subarray(1).toString('utf8');
      this.#send('iopub', [subscription], { type: 'iopub_welcome', content: { subscription }, metadata: {} }, undefined);
    }
  }

  #report(what: string, error: unknown): void {
    if (!this.#isClosing) this.#handlers.onError(what, error);
  }
}

function router(): Router {
  return new Router({ handover: true, sendHighWaterMark: 0, linger: LINGER_MS });
}

/** The messages of a socket until it is closed. */
async function* received(socket: AsyncIterable<Buffer[]>): AsyncGenerator<Buffer[]> {
  try {
    yield* socket;
  } catch {
    // A receive that is under way when the socket is closed ends with an error: there is nothing more to come.
  }
}
