import { Readable } from 'node:stream';
import { VcpError, execRequestSchema, nodeViewSchema, pageOf, removeNodesRequestSchema, sshAccessSchema } from '@jupyterlab-vcp/sdk/wire';
import * as z from 'zod';
import type { CloudService, NodeWorkService } from '../domain/index.js';
import { accepted, changeAnswer, failures, nothingAnswer, pageAnswer, pageQuery, pageRequest, word } from './answers.js';
import { execLinesAnswer, execLines } from './exec-stream.js';
import type { OpenStreams } from './open-streams.js';
import { at } from './route-path.js';
import type { ZodApp } from './zod-app.js';

const inVc = z.object({ vc: word });
const params = z.object({ vc: word, node: word });
const remotePath = z.object({ path: z.string().min(1).max(4096).regex(/^\//, 'must be an absolute path of the node') });
const TAR = 'application/x-tar';

export function nodeRoutes(app: ZodApp, cloud: CloudService, nodeWork: NodeWorkService, streams: OpenStreams): void {
  // Tar streams pass through as they come; the limit of JSON bodies is not theirs.
  app.addContentTypeParser(TAR, (_request, payload, done) => done(null, payload));

  app.route({
    ...at('listNodes'), schema: { summary: 'Nodes of a virtual cloud', params: inVc, querystring: pageQuery, response: { 200: pageOf(nodeViewSchema), ...failures } },
    handler: async request => pageAnswer(await cloud.listNodes(request.caller, request.params.vc, pageRequest(request.query)))
  });
  app.route({
    ...at('removeNodes'), schema: { summary: 'Remove nodes by name', params: inVc, body: removeNodesRequestSchema, response: changeAnswer },
    handler: async (request, reply) => accepted(reply, await cloud.removeNodes(request.caller, request.params.vc, request.body))
  });
  app.route({
    ...at('getNode'), schema: { summary: 'One node', params, response: { 200: nodeViewSchema, ...failures } },
    handler: request => cloud.getNode(request.caller, request.params.vc, request.params.node)
  });
  app.route({
    ...at('execNode'),
    schema: {
      summary: 'Run a command once, detached, and stream its output', params, body: execRequestSchema, response: execLinesAnswer,
      querystring: z.object({ onclose: z.enum(['leave', 'cancel']).default('leave').describe('What closing the request does to the command') })
    },
    handler: (request, reply) => execLines(reply, streams, signal => nodeWork.exec(request.caller, request.params.vc, request.params.node, request.body, signal),
      request.query.onclose === 'cancel' ? exec => nodeWork.cancelExec(request.caller, exec) : undefined)
  });
  app.route({
    ...at('copyTo'), schema: { summary: 'Unpack a tar stream below a folder of the node', params, querystring: remotePath, response: nothingAnswer },
    handler: async (request, reply) => {
      if (!(request.body instanceof Readable)) throw new VcpError('invalid_request', 'A tar stream is expected.', { hint: `Send it as ${TAR}.` });
      await nodeWork.copyTo(request.caller, request.params.vc, request.params.node, request.query.path, request.body, streams.signalFor(reply));
      return reply.code(204).send();
    }
  });
  app.route({
    ...at('copyFrom'), schema: { summary: 'A file or folder of the node as a tar stream', params, querystring: remotePath, response: { 200: { description: 'The tar stream', content: { [TAR]: { schema: z.unknown() } } }, ...failures } },
    handler: async (request, reply) => reply.type(TAR).send(await nodeWork.copyFrom(request.caller, request.params.vc, request.params.node, request.query.path, streams.signalFor(reply)))
  });
  app.route({
    ...at('sshAccess'), schema: { summary: 'How a person\'s own ssh reaches the node', params, response: { 200: sshAccessSchema, ...failures } },
    handler: request => nodeWork.sshAccess(request.caller, request.params.vc, request.params.node)
  });
}
