import { readySchema, versionSchema } from '@jupyterlab-vcp/sdk/wire';
import * as z from 'zod';
import { mustBeAllowed } from '../domain/index.js';
import { failures } from './answers.js';
import type { EventStreams } from './event-stream.js';
import type { HttpParts } from './http-parts.js';
import { EventLoopLag, metricsText } from './metrics.js';
import { at } from './route-path.js';
import type { ZodApp } from './zod-app.js';

const itself = { kind: 'controller', name: 'this controller' } as const;

export function controllerRoutes(app: ZodApp, parts: HttpParts, open: EventStreams): void {
  const lag = new EventLoopLag();
  app.addHook('onClose', async () => lag.stop());

  app.route({
    ...at('health'), schema: { summary: 'The process answers', response: { 200: z.object({ ok: z.literal(true) }), ...failures } },
    handler: async () => ({ ok: true as const })
  });
  app.route({
    ...at('ready'), schema: { summary: 'The controller can take work', response: { 200: readySchema, 503: readySchema, ...failures } },
    handler: async (_request, reply) => {
      const state = await parts.readiness();
      return reply.code(state.ready ? 200 : 503).send(state);
    }
  });
  app.route({
    ...at('version'), schema: { summary: 'What and where this controller is', response: { 200: versionSchema, ...failures } },
    handler: async request => {
      mustBeAllowed(request.caller.actor, 'read', itself);
      return parts.identity;
    }
  });
  app.route({
    ...at('openapi'), schema: { summary: 'This document', response: { 200: z.record(z.string(), z.unknown()), ...failures } },
    handler: async request => {
      mustBeAllowed(request.caller.actor, 'read', itself);
      return app.swagger() as unknown as Record<string, unknown>;
    }
  });
  app.route({
    ...at('metrics'), schema: { summary: 'Prometheus text', response: { 200: { description: 'Prometheus text', content: { 'text/plain': { schema: z.string() } } }, ...failures } },
    handler: async (request, reply) => {
      mustBeAllowed(request.caller.actor, 'read', itself);
      const text = metricsText(await parts.statistics(), { lag: lag.read(), eventReaders: open.size, residentBytes: process.memoryUsage.rss(), version: parts.identity.version });
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
    }
  });
  app.route({
    ...at('shutdown'), schema: { summary: 'Stop this controller in order; operations go on when it starts again', response: { 202: z.object({ stopping: z.literal(true) }), ...failures } },
    handler: async (request, reply) => {
      mustBeAllowed(request.caller.actor, 'admin', itself);
      reply.raw.once('finish', () => parts.stop());
      return reply.code(202).send({ stopping: true as const });
    }
  });
}
