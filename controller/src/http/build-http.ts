import swagger from '@fastify/swagger';
import fastify, { LogController, type FastifyInstance } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { identifyCallers } from './caller.js';
import { containerRoutes } from './container-routes.js';
import { controllerRoutes } from './controller-routes.js';
import { eventRoutes } from './event-routes.js';
import { EventStreams } from './event-stream.js';
import { execRoutes } from './exec-routes.js';
import type { HttpParts } from './http-parts.js';
import { nodeRoutes } from './node-routes.js';
import { OpenStreams } from './open-streams.js';
import { operationRoutes } from './operation-routes.js';
import { handleError, handleUnknownRoute } from './problem.js';
import { providerRoutes } from './provider-routes.js';
import { unitRoutes } from './unit-routes.js';
import { validate } from './validation.js';
import { vcRoutes } from './vc-routes.js';

const LARGEST_BODY_BYTES = 2 * 1_048_576;

/** The application, ready to listen or to be asked by `inject`. */
export type HttpServer = FastifyInstance;

/** The REST API over the rooms it is given; it neither listens nor knows where. */
export async function buildHttp(parts: HttpParts): Promise<HttpServer> {
  const base = fastify({ loggerInstance: parts.logger, bodyLimit: LARGEST_BODY_BYTES, logController: new LogController({ disableRequestLogging: true }), exposeHeadRoutes: false, routerOptions: { maxParamLength: 300 }, genReqId: requestIds(parts.identity.pid) });
  const app = base.withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validate);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(handleError);
  app.setNotFoundHandler(handleUnknownRoute);
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'jupyterlab-vcp controller', version: parts.identity.version, description: 'Virtual clouds: every change answers 202 with the operation that brings it about.' } },
    transform: jsonSchemaTransform
  });
  identifyCallers(base, request => parts.authenticate(request));
  logAnswers(base);

  const streams = new OpenStreams();
  const open = new EventStreams(listener => parts.onEvents(listener));
  app.addHook('preClose', async () => streams.end());
  app.addHook('onClose', async () => open.close());

  vcRoutes(app, parts.cloud);
  unitRoutes(app, parts.cloud);
  nodeRoutes(app, parts.cloud, parts.nodeWork, streams);
  containerRoutes(app, parts.nodeWork, streams);
  execRoutes(app, parts.nodeWork, streams);
  operationRoutes(app, parts.cloud);
  eventRoutes(app, parts.cloud, parts, streams, open);
  providerRoutes(app, parts.cloud);
  controllerRoutes(app, parts, open);
  await app.ready();
  return base;
}

/** One line an answer: who did what how fast; never a body, a query or a header. */
function logAnswers(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const level = request.method === 'GET' ? 'debug' : 'info';
    request.log[level]({ method: request.method, path: request.url.split('?')[0], status: reply.statusCode, ms: Math.round(reply.elapsedTime * 10) / 10, user: (request.caller as typeof request.caller | undefined)?.actor.user }, 'answered');
  });
}

/** Short ids that are unique over restarts too. */
function requestIds(pid: number): () => string {
  let count = 0;
  return () => `r${pid.toString(36)}-${(count += 1).toString(36)}`;
}
