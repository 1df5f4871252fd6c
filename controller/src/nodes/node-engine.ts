import { request, type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { ChannelAgent } from './channel-agent.js';
import type { NodeConnection } from './node-connection.js';
import { abortError, unreachable } from './node-errors.js';

export const ENGINE_SOCKET = '/var/run/docker.sock';
/** Old enough for every engine that a base container has had, new enough for all that is used here. */
const API = '/v1.41';
const LARGEST_ANSWER_BYTES = 32 * 1024 * 1024;
const CHANNELS_PER_NODE = 24;

export interface EngineAnswer { readonly status: number; readonly body: string }
export interface EngineRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  /** Sent as it is, for archives of images. */
  readonly stream?: Readable | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Status codes beside 2xx that are an answer, not an error. */
  readonly accept?: readonly number[];
  readonly signal?: AbortSignal | undefined;
  /** For the error: "Starting web". */
  readonly what: string;
}

/** The Docker API of one node, over channels of its ssh connection. */
export class NodeEngine {
  readonly #connection: NodeConnection;
  readonly #agent: Agent;

  constructor(connection: NodeConnection) {
    this.#connection = connection;
    this.#agent = new ChannelAgent(() => connection.openUnixSocket(ENGINE_SOCKET), CHANNELS_PER_NODE);
  }

  get nodeName(): string { return this.#connection.name; }

  /** @throws VcpError command_failed with the engine's message, node_unreachable, cancelled, timed_out. */
  async json<T>(path: string, options: EngineRequest): Promise<T> {
    const answer = await this.call(path, options);
    return (answer.body === '' ? undefined : JSON.parse(answer.body)) as T;
  }

  async call(path: string, options: EngineRequest): Promise<EngineAnswer> {
    const response = await this.stream(path, options);
    return { status: response.statusCode ?? 0, body: (await this.#read(response, options)).toString('utf8') };
  }

  async bytes(path: string, options: EngineRequest): Promise<Buffer> {
    return this.#read(await this.stream(path, options), options);
  }

  /** The answer as it comes, for pulls and loads that tell their progress. */
  async stream(path: string, options: EngineRequest): Promise<IncomingMessage> {
    const response = await this.#send(path, options);
    const status = response.statusCode ?? 0;
    if ((status >= 200 && status < 300) || options.accept?.includes(status) === true) return response;
    const message = messageOf((await this.#read(response, options)).toString('utf8'));
    throw new VcpError('command_failed', `${options.what} on node ${this.nodeName} failed: ${message}`, { details: { engineStatus: status } });
  }

  #send(path: string, options: EngineRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const body = options.body === undefined ? undefined : Buffer.from(JSON.stringify(options.body));
      const sent: ClientRequest = request({
        agent: this.#agent, host: 'node', path: path.startsWith('/_ping') ? path : `${API}${path}`, method: options.method ?? 'GET',
        headers: { ...options.headers, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(body.length) }), ...(options.stream === undefined ? {} : { 'content-type': 'application/x-tar' }) }
      });
      const onAbort = (): void => void sent.destroy(abortError(options.signal, options.what));
      options.signal?.addEventListener('abort', onAbort, { once: true });
      if (options.signal?.aborted === true) onAbort();
      const forget = (): void => options.signal?.removeEventListener('abort', onAbort);
      sent.once('close', forget);
      sent.once('response', (response: IncomingMessage) => {
        response.once('close', forget);
        resolve(response);
      });
      sent.once('error', error => reject(this.explain(error, options)));
      if (options.stream === undefined) sent.end(body);
      else {
        options.stream.once('error', error => sent.destroy(error));
        options.stream.pipe(sent);
      }
    });
  }

  async #read(response: IncomingMessage, options: EngineRequest): Promise<Buffer> {
    const parts: Buffer[] = [];
    let size = 0;
    try {
      for await (const part of response) {
        size += (part as Buffer).length;
        if (size > LARGEST_ANSWER_BYTES) throw new VcpError('too_large', `${options.what} on node ${this.nodeName} gave more than ${LARGEST_ANSWER_BYTES / 1024 / 1024} MiB.`);
        parts.push(part as Buffer);
      }
    } catch (error) {
      throw this.explain(error, options);
    }
    return Buffer.concat(parts);
  }

  /** What an error of a request, or of reading its answer, means. */
  explain(error: unknown, options: Pick<EngineRequest, 'what' | 'signal'>): Error {
    if (error instanceof VcpError) return error;
    if (options.signal?.aborted === true) return abortError(options.signal, options.what);
    if (!this.#connection.alive) return unreachable(this.nodeName, 'the connection was lost.', error);
    return new VcpError('command_failed', `The Docker engine of node ${this.nodeName} does not answer: ${(error as Error).message}`, {
      hint: 'It is started again by itself; wait a moment, then try again.', cause: error, details: { engineStatus: 0 }
    });
  }
}

export function engineStatus(error: unknown): number | undefined {
  const status = error instanceof VcpError ? error.details?.['engineStatus'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

function messageOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) return String(parsed.message);
  } catch {
    // Not JSON: told as it is.
  }
  return body.trim() || 'no reason given';
}

/** Splits the engine's multiplexed log stream into text. Logs of a container with a terminal are not multiplexed. */
export function demultiplexLogs(bytes: Buffer, tty: boolean): string {
  if (tty) return bytes.toString('utf8');
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32BE(at + 4);
    parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}
