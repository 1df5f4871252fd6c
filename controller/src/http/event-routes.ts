import { eventSchema } from '@jupyterlab-vcp/sdk/wire';
import * as z from 'zod';
import type { CloudService } from '../domain/index.js';
import { failures, word } from './answers.js';
import { EventStream, type EventStreams } from './event-stream.js';
import type { HttpParts } from './http-parts.js';
import type { OpenStreams } from './open-streams.js';
import { at } from './route-path.js';
import type { ZodApp } from './zod-app.js';

const sequence = z.coerce.number().int().min(0);
const filter = { vc: word.optional(), operation: word.optional() };
const EVENT_STREAM = 'text/event-stream';

export function eventRoutes(app: ZodApp, cloud: CloudService, parts: Pick<HttpParts, 'clock' | 'heartbeatMs' | 'slowReaderMs'>, streams: OpenStreams, open: EventStreams): void {
  app.route({
    ...at('events'),
    schema: {
      summary: 'Events as they happen; `Last-Event-ID` or `after` is the sequence number to go on from', querystring: z.object({ ...filter, after: sequence.optional() }),
      response: { 200: { description: 'Server-sent events', content: { [EVENT_STREAM]: { schema: eventSchema } } }, ...failures }
    },
    handler: async (request, reply) => {
      const { after, ...query } = request.query;
      const wanted = sequence.safeParse(request.headers['last-event-id']).data ?? after;
      // Asked before the answer begins, so that a refusal is an ordinary problem; without a place it only tells the newest.
      const probe = await cloud.listEvents(request.caller, { ...query, after: wanted ?? Number.MAX_SAFE_INTEGER, limit: 1 });
      const signal = streams.signalFor(reply);
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': EVENT_STREAM, 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      const stream = new EventStream(reply.raw, cloud, request.caller, query, wanted ?? probe.newest, { heartbeatMs: parts.heartbeatMs ?? 15_000, slowReaderMs: parts.slowReaderMs ?? 30_000, now: () => parts.clock.now() });
      await open.serve(stream, query, signal).catch((error: unknown) => request.log.error({ err: error }, 'an event stream broke'));
      reply.raw.end();
    }
  });
  app.route({
    ...at('listEvents'),
    schema: {
      summary: 'Events that are still held', querystring: z.object({ ...filter, after: sequence.default(0), limit: z.coerce.number().int().min(1).max(1000).default(200) }),
      response: { 200: z.object({ events: z.array(eventSchema), newest: z.number().int(), reset: z.boolean() }), ...failures }
    },
    handler: async request => {
      const found = await cloud.listEvents(request.caller, request.query);
      return { ...found, events: [...found.events] };
    }
  });
}
