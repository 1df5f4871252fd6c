import { STATUS_CODES } from 'node:http';
import { VcpError, isVcpError, toVcpError, type ErrorCode, type ProblemDetails } from '@jupyterlab-vcp/sdk/wire';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/** The one table from error codes to HTTP: a code without a status does not compile. */
export const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  cancelled: 409,
  removal_not_allowed: 409,
  confirmation_required: 409,
  quota_exceeded: 409,
  command_failed: 409,
  stale_revision: 412,
  too_large: 413,
  idempotency_mismatch: 422,
  not_supported: 422,
  rate_limited: 429,
  internal: 500,
  provider_failed: 502,
  provider_denied: 502,
  provider_unavailable: 503,
  node_unreachable: 503,
  no_capacity: 503,
  store_read_only: 503,
  controller_unavailable: 503,
  timed_out: 504
};

export const PROBLEM_TYPE = 'application/problem+json';

export function problemOf(error: VcpError): ProblemDetails {
  const status = STATUS_OF[error.code];
  const { message, ...rest } = error.toJSON();
  return { type: `urn:jupyterlab-vcp:${error.code}`, title: STATUS_CODES[status] ?? 'Error', status, detail: message, ...rest };
}

export function sendProblem(reply: FastifyReply, error: VcpError): FastifyReply {
  const problem = problemOf(error);
  // The body is sent as text, so that no response schema of the route takes part.
  return reply.code(problem.status).type(PROBLEM_TYPE).serializer((payload: unknown) => String(payload)).send(JSON.stringify(problem));
}

/** Everything that a handler, a hook, a parser or the framework throws passes here. */
export function handleError(thrown: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const error = translate(thrown, request);
  if (error.code === 'internal') request.log.error({ err: error.cause ?? error, route: request.routeOptions.url }, 'request failed');
  void sendProblem(reply, error);
}

function translate(thrown: FastifyError | Error, request: FastifyRequest): VcpError {
  if (isVcpError(thrown)) return withRequest(thrown, request);
  const code = 'code' in thrown ? thrown.code : undefined;
  const status = 'statusCode' in thrown ? thrown.statusCode : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new VcpError('too_large', 'The request is larger than 2 MiB.', { hint: 'Keep large files out of the configuration: copy them to the nodes with vcp cp.' });
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new VcpError('invalid_request', `The content type ${JSON.stringify(request.headers['content-type'] ?? '')} is not understood here.`, { hint: 'Send application/json (or application/x-tar to :copy).' });
  if (code === 'FST_ERR_CTP_INVALID_JSON_BODY' || thrown instanceof SyntaxError) return new VcpError('invalid_request', 'The body is not readable JSON.', { hint: 'Send one JSON object, encoded as UTF-8.', cause: thrown });
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return new VcpError('invalid_request', 'The body is empty.', { hint: 'Send one JSON object.' });
  if (typeof status === 'number' && status >= 400 && status < 500) return new VcpError('invalid_request', thrown.message, { cause: thrown });
  return withRequest(toVcpError(thrown), request);
}

/** A reader who reports an inner error can name the line of the log. */
function withRequest(error: VcpError, request: FastifyRequest): VcpError {
  if (error.code !== 'internal') return error;
  return new VcpError('internal', error.message, { ...error.toJSON(), details: { ...error.details, request: request.id }, cause: error.cause });
}

export function handleUnknownRoute(request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?')[0] ?? '';
  void sendProblem(reply, new VcpError('not_found', `${request.method} ${path.slice(0, 200)} is not a route of this controller.`, { hint: 'Its routes are described at /v1/openapi.json.' }));
}
