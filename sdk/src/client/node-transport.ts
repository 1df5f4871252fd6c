import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connectionError } from './fetch-transport.js';
import type { Transport, TransportRequest, TransportResponse } from './transport.js';

/** Speaks to a controller on a unix socket over kept connections. */
export function socketTransport(socketPath: string): Transport {
  const agent = new HttpAgent({ keepAlive: true, maxFreeSockets: 8 });
  return nodeTransport(socketPath, { socketPath, agent }, '', httpRequest, () => agent.destroy());
}

/** Speaks to a shared controller by its URL. */
export function urlTransport(url: string): Transport {
  const parsed = new URL(url);
  const secure = parsed.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true, maxFreeSockets: 8 }) : new HttpAgent({ keepAlive: true, maxFreeSockets: 8 });
  const options: RequestOptions = { protocol: parsed.protocol, hostname: parsed.hostname, agent, ...(parsed.port === '' ? {} : { port: parsed.port }) };
  return nodeTransport(parsed.origin, options, parsed.pathname.replace(/\/+$/, ''), secure ? httpsRequest : httpRequest, () => agent.destroy());
}

type Start = (options: RequestOptions) => ClientRequest;

function nodeTransport(where: string, base: RequestOptions, prefix: string, start: Start, close: () => void): Transport {
  const send = async (request: TransportRequest): Promise<TransportResponse> => {
    const attempt = (): { outgoing: ClientRequest; answer: Promise<IncomingMessage> } => {
      const outgoing = start({ ...base, method: request.method, path: prefix + request.path, headers: { ...request.headers, ...lengthOf(request) }, ...(request.signal === undefined ? {} : { signal: request.signal }) });
      return { outgoing, answer: exchange(outgoing, request.body) };
    };
    const first = attempt();
    const response = await first.answer.catch(async (error: NodeJS.ErrnoException) => {
      // A kept connection that the other end had closed meanwhile: nothing was answered, and reading twice is harmless.
      const stale = first.outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE') && request.method === 'GET' && request.signal?.aborted !== true;
      if (stale) return attempt().answer;
      throw error;
    }).catch((error: unknown) => { throw connectionError(error, where, request.signal); });
    return toResponse(response, where, request.signal);
  };
  return { where, send, close };
}

function lengthOf(request: TransportRequest): Record<string, string> {
  return typeof request.body === 'string' ? { 'content-length': String(Buffer.byteLength(request.body)) } : {};
}

function exchange(outgoing: ClientRequest, body: TransportRequest['body']): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
    if (body === undefined || typeof body === 'string') outgoing.end(body);
    // When the server answers early (an error), the rest of the body has nowhere to go: the answer is what counts.
    else pipeline(Readable.from(body, { objectMode: false }), outgoing).catch(reject);
  });
}

function toResponse(response: IncomingMessage, where: string, signal: AbortSignal | undefined): TransportResponse {
  const body = { [Symbol.asyncIterator]: () => pieces(response, where, signal) };
  return {
    status: response.statusCode ?? 0,
    header: name => [response.headers[name.toLowerCase()]].flat()[0],
    body,
    async text() {
      const parts: Uint8Array[] = [];
      for await (const part of body) parts.push(part);
      return Buffer.concat(parts).toString('utf8');
    }
  };
}

async function* pieces(response: IncomingMessage, where: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of response) yield part as Uint8Array;
  } catch (error) {
    throw connectionError(error, where, signal);
  } finally {
    response.destroy();
  }
}
