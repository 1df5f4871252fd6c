import { applyRequestSchema, pageOf, planRequestSchema, planSchema, vcDocumentSchema, vcViewSchema } from '@jupyterlab-vcp/sdk/wire';
import * as z from 'zod';
import type { CloudService } from '../domain/index.js';
import { accepted, changeAnswer, failures, pageAnswer, pageQuery, pageRequest, word } from './answers.js';
import { at } from './route-path.js';
import type { ZodApp } from './zod-app.js';

const params = z.object({ vc: word });

export function vcRoutes(app: ZodApp, cloud: CloudService): void {
  app.route({
    ...at('listVcs'), schema: { summary: 'Virtual clouds that you may see', querystring: pageQuery, response: { 200: pageOf(vcViewSchema), ...failures } },
    handler: async request => pageAnswer(await cloud.listVcs(request.caller, pageRequest(request.query)))
  });
  app.route({
    ...at('createVc'), schema: { summary: 'Make a virtual cloud that does not exist', body: applyRequestSchema, response: changeAnswer },
    handler: async (request, reply) => accepted(reply, await cloud.apply(request.caller, request.body.document.name, { ...request.body, baseRevision: 0 }))
  });
  app.route({
    ...at('getVc'), schema: { summary: 'One virtual cloud', params, response: { 200: vcViewSchema, ...failures } },
    handler: request => cloud.getVc(request.caller, request.params.vc)
  });
  app.route({
    ...at('deleteVc'), schema: { summary: 'Delete a virtual cloud and all that is in it', params, querystring: z.object({ confirm: z.string().max(100).optional() }), response: changeAnswer },
    handler: async (request, reply) => accepted(reply, await cloud.deleteVc(request.caller, request.params.vc, request.query.confirm))
  });
  app.route({
    ...at('planVc'), schema: { summary: 'What apply would do', params, body: planRequestSchema, response: { 200: planSchema, ...failures } },
    handler: request => cloud.plan(request.caller, request.params.vc, request.body.document)
  });
  app.route({
    ...at('applyVc'), schema: { summary: 'Make a virtual cloud be as the document says', params, body: applyRequestSchema, response: changeAnswer },
    handler: async (request, reply) => accepted(reply, await cloud.apply(request.caller, request.params.vc, request.body))
  });
  app.route({
    ...at('exportVc'), schema: { summary: 'The document of a virtual cloud as it is wanted now', params, response: { 200: vcDocumentSchema, ...failures } },
    handler: request => cloud.exportVc(request.caller, request.params.vc)
  });
}
