import { providerViewSchema } from '@jupyterlab-vcp/sdk/wire';
import * as z from 'zod';
import type { CloudService } from '../domain/index.js';
import { failures, word } from './answers.js';
import { at } from './route-path.js';
import type { ZodApp } from './zod-app.js';

export function providerRoutes(app: ZodApp, cloud: CloudService): void {
  app.route({
    ...at('listProviders'), schema: { summary: 'Providers of the catalog', response: { 200: z.object({ items: z.array(providerViewSchema) }), ...failures } },
    handler: async request => ({ items: [...await cloud.listProviders(request.caller)] })
  });
  app.route({
    ...at('getProvider'), schema: { summary: 'One provider with its regions, flavors and capabilities', params: z.object({ provider: word }), response: { 200: providerViewSchema, ...failures } },
    handler: request => cloud.getProvider(request.caller, request.params.provider)
  });
}
