import { operationViewSchema, pageOf } from '@jupyterlab-vcp/sdk/wire';
import * as z from 'zod';
import type { CloudService } from '../domain/index.js';
import { failures, nothingAnswer, pageAnswer, pageQuery, pageRequest, word } from './answers.js';
import { at } from './route-path.js';
import type { ZodApp } from './zod-app.js';

const params = z.object({ operation: word });
const listQuery = pageQuery.extend({ vc: word.optional(), open: z.enum(['true', 'false']).transform(value => value === 'true').optional() });

export function operationRoutes(app: ZodApp, cloud: CloudService): void {
  app.route({
    ...at('listOperations'), schema: { summary: 'Operations, newest first', querystring: listQuery, response: { 200: pageOf(operationViewSchema), ...failures } },
    handler: async request => {
      const { vc, open } = request.query;
      return pageAnswer(await cloud.listOperations(request.caller, { ...pageRequest(request.query), ...(vc === undefined ? {} : { vc }), ...(open === undefined ? {} : { open }) }));
    }
  });
  app.route({
    ...at('getOperation'), schema: { summary: 'One operation', params, response: { 200: operationViewSchema, ...failures } },
    handler: request => cloud.getOperation(request.caller, request.params.operation)
  });
  app.route({
    ...at('cancelOperation'), schema: { summary: 'Ask an operation to stop; one that ends first has succeeded', params, response: { 200: operationViewSchema, ...failures } },
    handler: request => cloud.cancel(request.caller, request.params.operation)
  });
  app.route({
    ...at('delivered'), schema: { summary: 'The result reached its reader', params, response: nothingAnswer },
    handler: async (request, reply) => {
      await cloud.delivered(request.caller, request.params.operation);
      return reply.code(204).send();
    }
  });
}
