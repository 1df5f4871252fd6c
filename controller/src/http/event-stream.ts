import type { ServerResponse } from 'node:http';
import type { VcpEvent } from '@jupyterlab-vcp/sdk/wire';
import type { Caller, CloudService } from '../domain/index.js';
import type { HttpParts } from './http-parts.js';

export interface StreamQuery { readonly vc?: string | undefined; readonly operation?: string | undefined }

interface Timing { readonly heartbeatMs: number; readonly slowReaderMs: number; readonly now: () => number }

const PAGE = 200;

/**
 * One reader of events. It pulls from the journal from where it is, woken by commits: nothing piles up here for a reader
 * that is slow, and one that comes back goes on exactly where it was.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #cloud: CloudService;
  readonly #caller: Caller;
  readonly #query: StreamQuery;
  readonly #timing: Timing;
  #position: number;
  #pending = true;
  #wake: (() => void) | undefined;

  constructor(response: ServerResponse, cloud: CloudService, caller: Caller, query: StreamQuery, position: number, timing: Timing) {
    this.#response = response;
    this.#cloud = cloud;
    this.#caller = caller;
    this.#query = query;
    this.#position = position;
    this.#timing = timing;
  }

  /** There may be something new. */
  wake(): void {
    this.#pending = true;
    this.#wake?.();
  }

  /** Runs until the reader goes away or the signal aborts. @throws what the service refuses. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake?.();
    signal.addEventListener('abort', stop);
    // Tells the position without an event, so that a reader that is cut off now loses nothing.
    await this.#write(`retry: 1000\nid: ${this.#position}\n\n`, signal);
    while (!signal.aborted) {
      if (this.#pending) {
        this.#pending = false;
        await this.#sendNews(signal);
      } else if (!(await this.#pause(signal))) await this.#write(': alive\n\n', signal);
    }
    signal.removeEventListener('abort', stop);
  }

  async #sendNews(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { events, newest, reset } = await this.#cloud.listEvents(this.#caller, { ...this.#query, after: this.#position, limit: PAGE });
      if (reset) {
        this.#position = newest;
        await this.#write(frame({ seq: newest, at: new Date(this.#timing.now()).toISOString(), type: 'reset', data: {} }), signal);
        return;
      }
      // Fewer than asked for: everything up to `newest` was looked at, so the next look need not begin before it.
      const isAll = events.length < PAGE;
      this.#position = isAll ? newest : events.at(-1)!.seq;
      if (events.length > 0) await this.#write(events.map(frame).join(''), signal);
      if (isAll) return;
    }
  }

  /** True when woken, false when it is time for a sign of life. */
  #pause(signal: AbortSignal): Promise<boolean> {
    return new Promise(resolve => {
      const timer = setTimeout(() => finish(false), this.#timing.heartbeatMs);
      const finish = (woken: boolean): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(woken);
      };
      this.#wake = () => finish(true);
      if (signal.aborted || this.#pending) finish(true);
    });
  }

  /** Waits while the reader is behind; one that does not read at all is dropped. */
  async #write(text: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#response.write(text)) return;
    const drained = await new Promise<boolean>(resolve => {
      const timer = setTimeout(() => finish(false), this.#timing.slowReaderMs);
      const finish = (done: boolean): void => {
        clearTimeout(timer);
        this.#response.off('drain', onDrain);
        signal.removeEventListener('abort', onDrain);
        resolve(done);
      };
      const onDrain = (): void => finish(true);
      this.#response.once('drain', onDrain);
      signal.addEventListener('abort', onDrain);
    });
    if (!drained) this.#response.destroy();
  }
}

function frame(event: VcpEvent): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Wakes every open stream that a commit may concern. */
export class EventStreams {
  readonly #open = new Map<EventStream, StreamQuery>();
  readonly #stopListening: () => void;

  constructor(onEvents: HttpParts['onEvents']) {
    this.#stopListening = onEvents(events => {
      for (const [stream, query] of this.#open) if (events.some(event => concerns(event, query))) stream.wake();
    });
  }

  get size(): number {
    return this.#open.size;
  }

  async serve(stream: EventStream, query: StreamQuery, signal: AbortSignal): Promise<void> {
    this.#open.set(stream, query);
    try {
      await stream.run(signal);
    } finally {
      this.#open.delete(stream);
    }
  }

  close(): void {
    this.#stopListening();
  }
}

function concerns(event: VcpEvent, query: StreamQuery): boolean {
  return (query.operation === undefined || event.operation === query.operation) && (query.vc === undefined || event.vc === query.vc || event.vcId === query.vc);
}
