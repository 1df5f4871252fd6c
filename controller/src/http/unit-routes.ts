import { addNodesRequestSchema, createUnitRequestSchema, pageOf, parseAllowRemove, scaleRequestSchema, setAppRequestSchema, unitViewSchema } from '@jupyterlab-vcp/sdk/wire';
import * as z from 'zod';
import type { CloudService } from '../domain/index.js';
import { accepted, changeAnswer, failures, pageAnswer, word } from './answers.js';
import { at } from './route-path.js';
import type { ZodApp } from './zod-app.js';

const inVc = z.object({ vc: word });
const params = z.object({ vc: word, unit: word });
const appParams = z.object({ vc: word, unit: word, app: word });

export function unitRoutes(app: ZodApp, cloud: CloudService): void {
  app.route({
    ...at('listUnits'), schema: { summary: 'Units of a virtual cloud', params: inVc, response: { 200: pageOf(unitViewSchema), ...failures } },
    handler: async request => pageAnswer(await cloud.listUnits(request.caller, request.params.vc))
  });
  app.route({
    ...at('createUnit'), schema: { summary: 'Add a unit', params: inVc, body: createUnitRequestSchema, response: changeAnswer },
    handler: async (request, reply) => accepted(reply, await cloud.createUnit(request.caller, request.params.vc, request.body))
  });
  app.route({
    ...at('getUnit'), schema: { summary: 'One unit', params, response: { 200: unitViewSchema, ...failures } },
    handler: request => cloud.getUnit(request.caller, request.params.vc, request.params.unit)
  });
  app.route({
    ...at('deleteUnit'), schema: { summary: 'Remove a unit with its nodes', params, querystring: z.object({ allowRemove: z.string().max(4096).default('') }), response: changeAnswer },
    handler: async (request, reply) => accepted(reply, await cloud.deleteUnit(request.caller, request.params.vc, request.params.unit, parseAllowRemove(request.query.allowRemove)))
  });
  app.route({
    ...at('scaleUnit'), schema: { summary: 'Make a unit have exactly this many nodes', params, body: scaleRequestSchema, response: changeAnswer },
    handler: async (request, reply) => accepted(reply, await cloud.scale(request.caller, request.params.vc, request.params.unit, request.body))
  });
  app.route({
    ...at('addNodes'), schema: { summary: 'Add nodes to a unit', params, body: addNodesRequestSchema, response: changeAnswer },
    handler: async (request, reply) => accepted(reply, await cloud.addNodes(request.caller, request.params.vc, request.params.unit, request.body))
  });
  app.route({
    ...at('setApp'), schema: { summary: 'Make an application run on every node of a unit', params: appParams, body: setAppRequestSchema, response: changeAnswer },
    handler: async (request, reply) => accepted(reply, await cloud.setApp(request.caller, request.params.vc, request.params.unit, request.params.app, request.body.compose))
  });
  app.route({
    ...at('removeApp'), schema: { summary: 'Remove an application from every node of a unit', params: appParams, response: changeAnswer },
    handler: async (request, reply) => accepted(reply, await cloud.removeApp(request.caller, request.params.vc, request.params.unit, request.params.app))
  });
}
