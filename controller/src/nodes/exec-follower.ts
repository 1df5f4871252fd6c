import { constants } from 'node:os';
import { isVcpError, VcpError, type ExecEvent } from '@jupyterlab-vcp/sdk/wire';
import type { NodeAddress } from '../domain/index.js';
import { decodeFields, decodeOutput, encodeAttach, FROM_NODE, TO_NODE, type Frame } from './helper-frames.js';
import { failureOf, type HelperLink, type HelperStream } from './helper-link.js';
import { abortError, isHostKeyMismatch, pause, unreachable } from './node-errors.js';
import { Utf8Chunks, type Utf8Chunk } from './utf8-chunks.js';

const STDIN_PIECE_BYTES = 256 * 1024;
const SIGNAL_NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

export interface Follow {
  readonly node: NodeAddress;
  readonly id: string;
  /** Begins the command; absent: it was begun earlier and is only followed. */
  readonly start?: { readonly request: Buffer; readonly stdin?: string | undefined } | undefined;
  readonly from: { readonly stdout: number; readonly stderr: number };
  readonly signal: AbortSignal;
}

export interface Links {
  helper(node: NodeAddress, signal: AbortSignal): Promise<HelperLink>;
  onDropped(nodeId: string, listener: () => void): () => void;
  now(): number;
  /** How long a node may be away before the outcome of what ran there counts as unknown. */
  readonly lostAfterMs: number;
}

/** Follows one command through lost connections until it ends, the caller leaves, or the node counts as lost. */
export async function* followExec(links: Links, follow: Follow): AsyncGenerator<ExecEvent, void> {
  const session = new ExecSession(links, follow);
  try {
    yield* session.run();
  } finally {
    session.end();
  }
}

type Step = 'ended' | 'lost';

class ExecSession {
  readonly #links: Links;
  readonly #follow: Follow;
  readonly #chunks: { readonly stdout: Utf8Chunks; readonly stderr: Utf8Chunks };
  /** Bytes received so far: where a new connection goes on. */
  readonly #received: { stdout: number; stderr: number };
  readonly #gone = new AbortController();
  readonly #forget: () => void;
  readonly #began: number;
  #stream: HelperStream | undefined;
  #started = false;
  #startSent = false;

  constructor(links: Links, follow: Follow) {
    this.#links = links;
    this.#follow = follow;
    this.#began = links.now();
    this.#received = { ...follow.from };
    this.#chunks = { stdout: new Utf8Chunks(follow.from.stdout), stderr: new Utf8Chunks(follow.from.stderr) };
    const wake = (): void => this.#stream?.close();
    const forgetDrop = links.onDropped(follow.node.nodeId, () => {
      this.#gone.abort();
      wake();
    });
    follow.signal.addEventListener('abort', wake);
    this.#forget = () => {
      forgetDrop();
      follow.signal.removeEventListener('abort', wake);
    };
  }

  async *run(): AsyncGenerator<ExecEvent, void> {
    let lostAt: number | undefined;
    for (;;) {
      const before = this.#progress();
      try {
        if ((yield* this.#followOnce()) === 'ended') return;
      } catch (error) {
        this.#throwIfLeft();
        if (this.#gone.signal.aborted) return yield* this.#lost();
        if (!this.#mayHaveRun() || !isVcpError(error)) throw error;
        // Known before, gone now: the node was set up anew below our feet.
        if (error.code === 'not_found' || isHostKeyMismatch(error)) return yield* this.#unknown();
        if (error.code !== 'node_unreachable' && error.code !== 'timed_out') throw error;
      }
      this.#throwIfLeft();
      const now = this.#links.now();
      if (lostAt === undefined || this.#progress() !== before) lostAt = now;
      if (this.#gone.signal.aborted || now - lostAt >= this.#links.lostAfterMs) return yield* this.#lost();
      await pause(Math.min(1000, 50 + (now - lostAt) / 4), AbortSignal.any([this.#follow.signal, this.#gone.signal]));
    }
  }

  end(): void {
    this.#forget();
    this.#stream?.send(TO_NODE.detach);
    this.#stream?.close();
  }

  async *#followOnce(): AsyncGenerator<ExecEvent, Step> {
    const { node, signal } = this.#follow;
    const link = await this.#links.helper(node, AbortSignal.any([signal, this.#gone.signal]));
    const stream = (this.#stream = link.open());
    this.#begin(stream);
    for (;;) {
      const frame = await stream.next();
      this.#throwIfLeft();
      if (frame === undefined) return 'lost';
      if (frame.type === FROM_NODE.started) {
        if (!this.#started) yield { type: 'started', exec: this.#follow.id, node: node.name };
        this.#started = true;
      } else if (frame.type === FROM_NODE.output) {
        const event = this.#output(frame, stream);
        if (event !== undefined) yield event;
      } else if (frame.type === FROM_NODE.exit) {
        yield* this.#flush();
        yield this.#exit(frame);
        return 'ended';
      } else if (frame.type === FROM_NODE.failed) throw failureOf(frame.payload, node.name);
    }
  }

  /** The node runs an id once only, so a start that was lost on its way may be sent again. */
  #begin(stream: HelperStream): void {
    const { start, id } = this.#follow;
    if (start === undefined || this.#started) return stream.send(TO_NODE.attach, encodeAttach(id, this.#received));
    const stdin = start.stdin === undefined ? undefined : Buffer.from(start.stdin);
    if (stdin !== undefined) {
      for (let at = 0; at === 0 || at < stdin.length; at += STDIN_PIECE_BYTES) stream.send(TO_NODE.stdin, stdin.subarray(at, at + STDIN_PIECE_BYTES));
    }
    stream.send(TO_NODE.start, start.request);
    this.#startSent = true;
  }

  #output(frame: Frame, stream: HelperStream): ExecEvent | undefined {
    const { name, offset, bytes } = decodeOutput(frame.payload);
    stream.acknowledge(bytes.length);
    // A start that was sent twice begins at 0 again; what came before is not told twice.
    const known = this.#received[name] - offset;
    if (known >= bytes.length) return undefined;
    const fresh = known > 0 ? bytes.subarray(known) : bytes;
    this.#received[name] += fresh.length;
    return eventOf(name, this.#chunks[name].push(fresh));
  }

  *#flush(): Generator<ExecEvent, void> {
    for (const name of ['stdout', 'stderr'] as const) {
      const event = eventOf(name, this.#chunks[name].end());
      if (event !== undefined) yield event;
    }
  }

  *#lost(): Generator<ExecEvent, void> {
    if (!this.#mayHaveRun()) throw unreachable(this.#follow.node.name, 'the connection was lost before the command was begun.');
    yield* this.#unknown();
  }

  *#unknown(): Generator<ExecEvent, void> {
    yield* this.#flush();
    yield { type: 'exit', code: null, timedOut: false, outcome: 'unknown', durationMs: this.#links.now() - this.#began };
  }

  #exit(frame: Frame): ExecEvent {
    const [outcome = 'unknown', code = '', signal = '', ms = '0'] = decodeFields(frame.payload);
    const known = outcome === 'exited' || outcome === 'timed-out' || outcome === 'cancelled' ? outcome : 'unknown';
    return {
      type: 'exit', code: code === '' ? null : Number(code), ...(signal === '' ? {} : { signal: SIGNAL_NAMES.get(Number(signal)) ?? `signal ${signal}` }),
      timedOut: known === 'timed-out', outcome: known, durationMs: Number(ms)
    };
  }

  #mayHaveRun(): boolean {
    return this.#started || this.#startSent;
  }

  #progress(): number {
    return this.#received.stdout + this.#received.stderr + (this.#started ? 1 : 0);
  }

  #throwIfLeft(): void {
    if (this.#follow.signal.aborted) throw abortError(this.#follow.signal, `Following a command on node ${this.#follow.node.name}`);
  }
}

function eventOf(type: 'stdout' | 'stderr', chunk: Utf8Chunk | undefined): ExecEvent | undefined {
  return chunk === undefined ? undefined : { type, data: chunk.data, offset: chunk.offset, bytes: chunk.bytes };
}

/** @throws not_found when the node does not know the command; ending one that ended already does nothing. */
export async function cancelExec(link: HelperLink, id: string): Promise<void> {
  await link.ask(TO_NODE.cancel, id);
}

export async function readNodeFile(link: HelperLink, path: string, nodeName: string): Promise<Buffer> {
  try {
    return await link.ask(TO_NODE.read, path);
  } catch (error) {
    if (isVcpError(error) && error.code === 'not_found') throw new VcpError('not_found', `Node ${nodeName} has no file ${path}.`, { cause: error });
    throw error;
  }
}
