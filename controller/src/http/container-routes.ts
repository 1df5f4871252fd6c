import { appViewSchema, runContainerRequestSchema } from '@jupyterlab-vcp/sdk/wire';
import * as z from 'zod';
import type { NodeWorkService } from '../domain/index.js';
import { failures, nothingAnswer, word } from './answers.js';
import type { OpenStreams } from './open-streams.js';
import { at } from './route-path.js';
import type { ZodApp } from './zod-app.js';

const params = z.object({ vc: word, node: word });
const containerParams = z.object({ vc: word, node: word, container: word });
const items = z.object({ items: z.array(appViewSchema) });

export function containerRoutes(app: ZodApp, nodeWork: NodeWorkService, streams: OpenStreams): void {
  app.route({
    ...at('listContainers'), schema: { summary: 'Application containers of a node', params, response: { 200: items, ...failures } },
    handler: async (request, reply) => ({ items: [...await nodeWork.containers(request.caller, request.params.vc, request.params.node, streams.signalFor(reply))] })
  });
  app.route({
    ...at('runContainers'), schema: { summary: 'Start application containers on one node', params, body: runContainerRequestSchema, response: { 200: items, ...failures } },
    handler: async (request, reply) => ({ items: [...await nodeWork.runContainers(request.caller, request.params.vc, request.params.node, request.body.app, request.body.compose, streams.signalFor(reply))] })
  });
  app.route({
    ...at('removeContainer'), schema: { summary: 'Remove one application container', params: containerParams, response: nothingAnswer },
    handler: async (request, reply) => {
      await nodeWork.removeContainer(request.caller, request.params.vc, request.params.node, request.params.container, streams.signalFor(reply));
      return reply.code(204).send();
    }
  });
  app.route({
    ...at('containerLogs'), schema: { summary: 'The last lines of a container', params: containerParams, querystring: z.object({ tail: z.coerce.number().int().min(1).max(100_000).default(200) }), response: { 200: { description: 'Text', content: { 'text/plain': { schema: z.string() } } }, ...failures } },
    handler: async (request, reply) => reply.type('text/plain; charset=utf-8').send(await nodeWork.containerLogs(request.caller, request.params.vc, request.params.node, request.params.container, request.query.tail, streams.signalFor(reply)))
  });
}
