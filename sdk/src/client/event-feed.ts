import { VcpError, eventSchema, isVcpError, type VcpEvent } from '../wire/index.js';
import { problemOf } from './problem-response.js';
import { serverSentFrames, type ServerSentFrame } from './server-sent-events.js';
import type { Transport } from './transport.js';

export interface EventFilter {
  readonly vc?: string | undefined;
  readonly operation?: string | undefined;
  /** Sequence number after which to begin; absent: with what happens from now on. */
  readonly after?: number | undefined;
}

export interface FeedOptions {
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Gives up with controller_unavailable after this long without a connection. Default: never. */
  readonly longestOutageMs?: number | undefined;
  /** Seconds-long silence means a dead connection: the controller sends a sign of life each 15 s. */
  readonly silenceMs?: number | undefined;
}

/** `connected` comes first and after each reconnection: what was read before that moment may be old. */
export type FeedItem = { readonly kind: 'connected'; readonly seq: number } | { readonly kind: 'event'; readonly event: VcpEvent };

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Follows events and reconnects where it was. Ends without an error when `signal` aborts.
 * @throws VcpError what the controller refuses (not_found, forbidden); controller_unavailable after `longestOutageMs`.
 */
export async function* followEvents(transport: Transport, filter: EventFilter, options: FeedOptions = {}): AsyncGenerator<FeedItem> {
  let last = filter.after;
  let outageSince: number | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  const stopped = (): boolean => options.signal?.aborted === true;
  while (!stopped()) {
    try {
      for await (const frame of connect(transport, filter, last, options)) {
        outageSince = undefined;
        pauseMs = FIRST_PAUSE_MS;
        if (frame.id !== undefined) last = Number(frame.id);
        if (frame.data !== undefined) yield { kind: 'event', event: eventSchema.parse(JSON.parse(frame.data)) };
        else if (frame.id !== undefined) yield { kind: 'connected', seq: Number(frame.id) };
      }
    } catch (error) {
      if (stopped()) return;
      if (!isVcpError(error) || error.code !== 'controller_unavailable') throw error;
      outageSince ??= Date.now();
      if (Date.now() - outageSince > (options.longestOutageMs ?? Number.POSITIVE_INFINITY)) throw error;
    }
    await pause(pauseMs * (0.5 + Math.random()), options.signal);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

async function* connect(transport: Transport, filter: EventFilter, after: number | undefined, options: FeedOptions): AsyncGenerator<ServerSentFrame> {
  const query = new URLSearchParams();
  if (filter.vc !== undefined) query.set('vc', filter.vc);
  if (filter.operation !== undefined) query.set('operation', filter.operation);
  const own = new AbortController();
  const stop = (): void => own.abort();
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted === true) own.abort();
  const silence = options.silenceMs ?? 45_000;
  let watch = setTimeout(stop, silence);
  try {
    const response = await transport.send({
      method: 'GET', path: `/v1/events${query.size === 0 ? '' : `?${query.toString()}`}`,
      headers: { ...options.headers, accept: 'text/event-stream', ...(after === undefined ? {} : { 'last-event-id': String(after) }) }, signal: own.signal
    });
    if (response.status !== 200) throw await problemOf(response);
    for await (const frame of serverSentFrames(response.body)) {
      clearTimeout(watch);
      watch = setTimeout(stop, silence);
      yield frame;
    }
  } catch (error) {
    if (own.signal.aborted && options.signal?.aborted !== true) throw new VcpError('controller_unavailable', `${transport.where} fell silent.`, { cause: error });
    throw error;
  } finally {
    clearTimeout(watch);
    options.signal?.removeEventListener('abort', stop);
    own.abort();
  }
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener('abort', finish, { once: true });
    if (signal?.aborted === true) finish();
  });
}
