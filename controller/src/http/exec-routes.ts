import * as z from 'zod';
import type { NodeWorkService } from '../domain/index.js';
import { nothingAnswer, word } from './answers.js';
import { execLinesAnswer, execLines } from './exec-stream.js';
import type { OpenStreams } from './open-streams.js';
import { at } from './route-path.js';
import type { ZodApp } from './zod-app.js';

const params = z.object({ exec: word });
const offset = z.coerce.number().int().min(0).default(0);

export function execRoutes(app: ZodApp, nodeWork: NodeWorkService, streams: OpenStreams): void {
  app.route({
    ...at('readExec'), schema: { summary: 'Follow a command from byte offsets on', params, querystring: z.object({ stdout: offset, stderr: offset }), response: execLinesAnswer },
    handler: (request, reply) => execLines(reply, streams, signal => nodeWork.attach(request.caller, request.params.exec, request.query, signal), undefined)
  });
  app.route({
    ...at('cancelExec'), schema: { summary: 'End a command', params, response: nothingAnswer },
    handler: async (request, reply) => {
      await nodeWork.cancelExec(request.caller, request.params.exec);
      return reply.code(204).send();
    }
  });
}
