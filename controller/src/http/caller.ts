import { IDEMPOTENCY_HEADER, ORIGIN_HEADER, VcpError, originSchema, type Origin } from '@jupyterlab-vcp/sdk/wire';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Caller } from '../domain/index.js';
import type { HttpParts } from './http-parts.js';

declare module 'fastify' {
  interface FastifyRequest { caller: Caller }
}

/** Every request knows who sends it before its handler runs. */
export function identifyCallers(app: FastifyInstance, authenticate: HttpParts['authenticate']): void {
  app.decorateRequest('caller');
  app.addHook('onRequest', async request => {
    const actor = authenticate(request.headers);
    const idempotencyKey = keyOf(request);
    request.caller = { actor, origin: originOf(request), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
  });
}

function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers[IDEMPOTENCY_HEADER];
  if (key === undefined || key === '') return undefined;
  if (typeof key !== 'string' || key.length > 512 || !/^[\x21-\x7e]+$/.test(key)) throw new VcpError('invalid_request', 'The Idempotency-Key is not usable.', { hint: 'Send at most 512 printable ASCII characters without spaces.' });
  return key;
}

/** A claim of the client about where the request came from; kept and shown as such. */
function originOf(request: FastifyRequest): Origin {
  const header = request.headers[ORIGIN_HEADER];
  if (header === undefined || header === '') return {};
  try {
    return originSchema.parse(JSON.parse(decodeURIComponent(String(header))));
  } catch (error) {
    throw new VcpError('invalid_request', 'The X-Vcp-Origin header is not readable.', { hint: 'Send URL-encoded JSON with notebook, cell, run, kernel, client.', cause: error });
  }
}
