import { ATTACHED_HEADER, operationViewSchema, problemSchema, type OperationView, type Page } from '@jupyterlab-vcp/sdk/wire';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import type { Accepted, PageRequest } from '../domain/index.js';
import { PROBLEM_TYPE } from './problem.js';

export const LARGEST_PAGE = 500;

/** Query of a list. */
export const pageQuery = z.object({ cursor: z.string().max(256).optional(), limit: z.coerce.number().int().min(1).max(LARGEST_PAGE).default(100) });
export function pageRequest(query: z.infer<typeof pageQuery>): PageRequest {
  return { limit: query.limit, ...(query.cursor === undefined ? {} : { cursor: query.cursor }) };
}

/** A page as the schemas of answers have it. */
export function pageAnswer<T>(page: Page<T>): { items: T[]; nextCursor?: string | undefined; seq: number } {
  return { ...page, items: [...page.items] };
}

/** A name or id in a path. */
export const word = z.string().min(1).max(100);

/** How every route may fail; its place in the OpenAPI document. */
export const failures = { default: { description: 'What happened, what it touched, what to do.', content: { [PROBLEM_TYPE]: { schema: problemSchema } } } };
export const changeAnswer = { 202: operationViewSchema.describe('Accepted; `Location` names the operation.'), ...failures };
export const nothingAnswer = { 204: z.undefined().describe('Done.'), ...failures };

/** 202 with the place where the operation can be followed. */
export function accepted(reply: FastifyReply, { operation, attached }: Accepted): OperationView {
  reply.code(202).header('location', `/v1/operations/${operation.id}`);
  if (attached) reply.header(ATTACHED_HEADER, 'true');
  return operation;
}
