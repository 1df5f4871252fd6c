import * as z from 'zod';
import { composeSchema } from './compose.js';
import { LARGEST_COUNT, unitSchema, vcDocumentSchema } from './config.js';
import { errorSchema } from './resources.js';

/**
 * Bodies of requests. Headers that go with every change:
 * - `Idempotency-Key`: same key + same body attaches to the operation while it is unfinished or undelivered
 *   (interfaces: re-running), same key + other body is 422. `baseRevision` and `planDigest` are no part of what is compared.
 * - `X-Vcp-Origin`: URL-encoded JSON of `Origin`.
 * Answers of changes carry `Location` and, when an earlier operation was found, `X-Vcp-Attached: true`.
 */
export const IDEMPOTENCY_HEADER = 'idempotency-key';
export const ORIGIN_HEADER = 'x-vcp-origin';
export const ATTACHED_HEADER = 'x-vcp-attached';

export const allowRemoveSchema = z.record(z.string(), z.number().int().min(0).max(LARGEST_COUNT));
export type AllowRemove = z.infer<typeof allowRemoveSchema>;

export const planRequestSchema = z.strictObject({ document: vcDocumentSchema });

export const applyRequestSchema = z.strictObject({
  document: vcDocumentSchema,
  /** Revision that the caller planned on; stale → 412. Absent: whatever is there now. 0: must not exist. */
  baseRevision: z.number().int().min(0).optional(),
  planDigest: z.string().optional(),
  allowRemove: allowRemoveSchema.default({}),
  onFailure: z.enum(['keep', 'rollback']).default('keep')
});
export type ApplyRequest = z.input<typeof applyRequestSchema>;

export const createUnitRequestSchema = z.strictObject({ unit: unitSchema, baseRevision: z.number().int().min(0).optional() });
export const scaleRequestSchema = z.strictObject({ count: z.number().int().min(0).max(LARGEST_COUNT), baseRevision: z.number().int().optional(), allowRemove: allowRemoveSchema.default({}) });
export const addNodesRequestSchema = z.strictObject({ count: z.number().int().min(1).max(LARGEST_COUNT).default(1) });
export const removeNodesRequestSchema = z.strictObject({ names: z.array(z.string()).min(1), allowRemove: allowRemoveSchema.default({}) });
export const setAppRequestSchema = z.strictObject({ compose: composeSchema });

/** `command` as text runs through `/bin/sh -c`; as a list it runs as it is. `stdin` is UTF-8 text. */
export const execRequestSchema = z.strictObject({
  command: z.union([z.string().min(1), z.array(z.string()).min(1)]),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).default({}),
  stdin: z.string().optional(),
  /** Absent: no limit. */
  timeoutMs: z.number().int().positive().optional(),
  /** Name of an application container on the node (`app` or `app-service`); absent: the base container. */
  container: z.string().optional(),
  cwd: z.string().optional(),
  user: z.string().optional()
});
export type ExecRequest = z.input<typeof execRequestSchema>;

/**
 * One line of the NDJSON stream of an exec. `offset` counts bytes of that stream before `data`,
 * so that a reader that was cut off goes on where it was: at `offset + bytes` (the length of `data` in UTF-8 is another
 * where the output was no valid UTF-8).
 */
export const execEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), exec: z.string(), node: z.string() }),
  z.object({ type: z.enum(['stdout', 'stderr']), data: z.string(), offset: z.number().int(), bytes: z.number().int().optional() }),
  z.object({ type: z.literal('exit'), code: z.number().int().nullable(), signal: z.string().optional(), timedOut: z.boolean(), outcome: z.enum(['exited', 'timed-out', 'cancelled', 'unknown']), durationMs: z.number() })
]);
export type ExecEvent = z.infer<typeof execEventSchema>;

/** Last line of a stream that broke after it had begun, in place of `exit`. */
export const execErrorSchema = z.object({ type: z.literal('error'), error: errorSchema });
export const execLineSchema = z.union([execEventSchema, execErrorSchema]);
export type ExecLine = z.infer<typeof execLineSchema>;

/** Application containers started by hand on one node (`node.containers.run`). */
export const runContainerRequestSchema = z.strictObject({ app: z.string(), compose: composeSchema });

/** The same bodies after validation, with every default filled in. */
export type ApplyInput = z.infer<typeof applyRequestSchema>;
export type CreateUnitInput = z.infer<typeof createUnitRequestSchema>;
export type ScaleInput = z.infer<typeof scaleRequestSchema>;
export type AddNodesInput = z.infer<typeof addNodesRequestSchema>;
export type RemoveNodesInput = z.infer<typeof removeNodesRequestSchema>;
