import type { Duplex } from 'node:stream';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { decodeFields, encodeFrame, FrameReader, FROM_NODE, TO_NODE, type Frame } from './helper-frames.js';
import { NODE_HELPER_PROGRAM } from './node-helper-program.js';
import { unreachable } from './node-errors.js';

const HELPER_VERSION = '1';
const HELLO_TIMEOUT_MS = 15_000;
/** The helper sends 512 KiB ahead of what was acknowledged; telling it too often would only cost packets. */
const ACK_AFTER_BYTES = 128 * 1024;

/** One stream of frames: an exec that is followed. */
export interface HelperStream {
  send(type: number, payload?: Uint8Array | string): void;
  /** The next frame; undefined when the link was lost. At most one call at a time. */
  next(): Promise<Frame | undefined>;
  /** Says that so many bytes of output were passed on. */
  acknowledge(bytes: number): void;
  /** Wakes `next()` with undefined and tells the node to send no more. */
  close(): void;
}

/** The program on the node, spoken to over one channel. It ends with the channel; the commands that it started do not. */
export class HelperLink {
  readonly #channel: Duplex;
  readonly #nodeName: string;
  readonly #streams = new Map<number, QueuedStream>();
  readonly #hello: Promise<void>;
  #lastStream = 0;
  #closed = false;
  #errorText = '';

  /** `channel` runs NODE_HELPER_BOOTSTRAP. `stderr` is what a missing Perl would complain on. */
  constructor(channel: Duplex, nodeName: string, stderr?: NodeJS.ReadableStream) {
    this.#channel = channel;
    this.#nodeName = nodeName;
    this.#hello = new Promise((resolve, reject) => {
      const reader = new FrameReader();
      const timer = setTimeout(() => end(unreachable(nodeName, 'its helper program does not answer.')), HELLO_TIMEOUT_MS);
      const end = (error: VcpError): void => {
        clearTimeout(timer);
        reject(error);
        this.#close();
        // A program that does not answer would keep its place among the few sessions of the connection.
        channel.destroy();
      };
      channel.on('data', (bytes: Buffer) => {
        try {
          for (const frame of reader.push(bytes)) {
            if (frame.type !== FROM_NODE.hello) this.#streams.get(frame.stream)?.push(frame);
            else if (frame.payload.toString() === HELPER_VERSION) {
              clearTimeout(timer);
              resolve();
            }
          }
        } catch (error) {
          end(unreachable(nodeName, `its login says something unexpected: ${bytes.toString('utf8', 0, 200)}`, error));
        }
      });
      const lost = (): void => end(unreachable(nodeName, this.#errorText === '' ? 'the connection was lost.' : `its helper program failed: ${this.#errorText.trim()}`));
      channel.on('close', lost).on('end', lost).on('error', lost);
    });
    this.#hello.catch(() => undefined);
    stderr?.on('data', (bytes: Buffer) => { this.#errorText = `${this.#errorText}${bytes.toString()}`.slice(-500); });
    const program = Buffer.from(NODE_HELPER_PROGRAM);
    channel.write(Buffer.concat([Buffer.from(program.length.toString(16).padStart(8, '0')), program]));
  }

  get closed(): boolean { return this.#closed; }

  /** Resolves once the program answered. @throws node_unreachable. */
  ready(): Promise<void> {
    return this.#hello;
  }

  open(): HelperStream {
    const stream = (this.#lastStream = (this.#lastStream % 0xffff_fff0) + 1);
    const queued = new QueuedStream(
      (type, payload) => { if (!this.#closed) this.#channel.write(encodeFrame(type, stream, payload)); },
      () => this.#streams.delete(stream)
    );
    if (this.#closed) queued.close();
    else this.#streams.set(stream, queued);
    return queued;
  }

  /** One question, one answer. @throws node_unreachable, and what the node says (not_found, command_failed). */
  async ask(type: number, payload: Uint8Array | string): Promise<Buffer> {
    const stream = this.open();
    try {
      stream.send(type, payload);
      const frame = await stream.next();
      if (frame === undefined) throw unreachable(this.#nodeName, 'the connection was lost.');
      if (frame.type === FROM_NODE.failed) throw failureOf(frame.payload, this.#nodeName);
      return frame.payload;
    } finally {
      stream.close();
    }
  }

  end(): void {
    this.#channel.end();
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of [...this.#streams.values()]) stream.close();
  }
}

class QueuedStream implements HelperStream {
  readonly #frames: Frame[] = [];
  readonly #write: (type: number, payload: Uint8Array | string) => void;
  readonly #onClose: () => void;
  #waiting: ((frame: Frame | undefined) => void) | undefined;
  #unacknowledged = 0;
  #closed = false;

  constructor(write: (type: number, payload: Uint8Array | string) => void, onClose: () => void) {
    this.#write = write;
    this.#onClose = onClose;
  }

  push(frame: Frame): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#frames.push(frame);
    else waiting(frame);
  }

  send(type: number, payload: Uint8Array | string = ''): void {
    this.#write(type, payload);
  }

  next(): Promise<Frame | undefined> {
    const frame = this.#frames.shift();
    if (frame !== undefined || this.#closed) return Promise.resolve(frame);
    return new Promise(resolve => { this.#waiting = resolve; });
  }

  acknowledge(bytes: number): void {
    this.#unacknowledged += bytes;
    if (this.#unacknowledged < ACK_AFTER_BYTES) return;
    const amount = Buffer.allocUnsafe(4);
    amount.writeUInt32BE(this.#unacknowledged, 0);
    this.#unacknowledged = 0;
    this.#write(TO_NODE.ack, amount);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    this.#waiting?.(undefined);
    this.#waiting = undefined;
  }
}

/** What the node refused or could not do, with the node named. */
export function failureOf(payload: Buffer, nodeName: string): VcpError {
  const [code = 'internal', message = ''] = decodeFields(payload);
  const known = code === 'invalid_request' || code === 'not_found' || code === 'command_failed' ? code : 'internal';
  return new VcpError(known, `Node ${nodeName}: ${message}`);
}
