import * as z from 'zod';
import { ERROR_CODES } from './errors.js';
import { GROUP_STATES, NODE_STATES, OPERATION_KINDS, OPERATION_STATES } from './states.js';
import { vcDocumentSchema } from './config.js';

/** What REST answers with. Times are ISO 8601 in UTC; durations are milliseconds; sizes are GiB. */
const time = z.iso.datetime();
const id = z.string();

/** Where a change came from, as the client claims it. A claim, never proof. */
export const originSchema = z.strictObject({
  notebook: z.string().max(1024).optional(),
  cell: z.string().max(256).optional(),
  run: z.string().max(256).optional(),
  kernel: z.string().max(256).optional(),
  client: z.string().max(64).optional()
});
export type Origin = z.infer<typeof originSchema>;

export const placeSchema = z.object({
  path: z.string().optional(), file: z.string().optional(), line: z.number().optional(), column: z.number().optional(),
  message: z.string(), nearest: z.string().optional()
});
export const errorSchema = z.object({
  code: z.enum(ERROR_CODES), message: z.string(), hint: z.string().optional(), at: z.array(placeSchema).optional(),
  operation: z.string().optional(), details: z.record(z.string(), z.unknown()).optional()
});
export const problemSchema = z.object({
  type: z.string(), title: z.string(), status: z.number().int(), detail: z.string(), code: z.enum(ERROR_CODES),
  hint: z.string().optional(), at: z.array(placeSchema).optional(), operation: z.string().optional(), details: z.record(z.string(), z.unknown()).optional()
});

/** An amount per hour with the date of the price; null amount = nobody knows. `none` = costs nothing (own hardware). */
export const priceSchema = z.object({
  perHour: z.number().nullable(), currency: z.string(), asOf: z.string().optional(), note: z.string().optional()
});
export type Price = z.infer<typeof priceSchema>;

export const sizeSchema = z.object({ cpu: z.number(), memoryGiB: z.number(), gpu: z.number().int(), diskGiB: z.number().nullable() });
export type Size = z.infer<typeof sizeSchema>;

/** One container of one application on one node, as last observed. */
export const appViewSchema = z.object({
  app: z.string(), service: z.string(), container: z.string(), image: z.string(),
  state: z.enum(['wanted', 'starting', 'running', 'exited', 'error']), detail: z.string().optional()
});
export type AppView = z.infer<typeof appViewSchema>;

export const nodeViewSchema = z.object({
  id, vcId: id, vc: z.string(), unit: z.string(), number: z.number().int(), name: z.string(),
  provider: z.string(), region: z.string(), flavor: z.string(), size: sizeSchema,
  state: z.enum(NODE_STATES), reason: z.string().optional(),
  address: z.string().nullable(), gateway: z.boolean(), reach: z.enum(['direct', 'gateway']),
  cloudId: z.string().nullable(), hostKey: z.string().nullable(), apps: z.array(appViewSchema),
  createdAt: time, readyAt: time.nullable(), heartbeatAt: time.nullable()
});
export type NodeView = z.infer<typeof nodeViewSchema>;

export const unitViewSchema = z.object({
  id, vcId: id, vc: z.string(), name: z.string(), provider: z.string(), region: z.string(), flavor: z.string(), size: sizeSchema,
  wanted: z.number().int(), running: z.number().int(), state: z.enum(GROUP_STATES), apps: z.array(z.string()), price: priceSchema
});
export type UnitView = z.infer<typeof unitViewSchema>;

export const vcViewSchema = z.object({
  id, name: z.string(), description: z.string().optional(), project: z.string(), owner: z.string(),
  state: z.enum(GROUP_STATES), reason: z.string().optional(), revision: z.number().int(), cidr: z.string(),
  units: z.array(unitViewSchema), nodes: z.number().int(), running: z.number().int(), price: priceSchema,
  openOperations: z.array(id), createdAt: time, changedAt: time
});
export type VcView = z.infer<typeof vcViewSchema>;

/** A step of an operation that a person can follow: a node, a network, an application. */
export const operationResourceSchema = z.object({
  kind: z.enum(['network', 'node', 'app', 'image']), name: z.string(), id: id.optional(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'unknown']), phase: z.string(),
  startedAt: time.optional(), endedAt: time.optional(), error: errorSchema.optional()
});
export type OperationResource = z.infer<typeof operationResourceSchema>;

export const operationViewSchema = z.object({
  id, kind: z.enum(OPERATION_KINDS), title: z.string(), vcId: id, vc: z.string(),
  state: z.enum(OPERATION_STATES), phase: z.string(),
  progress: z.object({ done: z.number().int(), total: z.number().int() }),
  resources: z.array(operationResourceSchema),
  error: errorSchema.optional(),
  /** One sentence for people when it ended: "1 + 2 nodes running". */
  result: z.object({ summary: z.string(), added: z.array(z.string()), removed: z.array(z.string()), changed: z.array(z.string()) }).optional(),
  /** Milliseconds; `cloudMs` is the provider's share of the critical path, `oursMs` the rest. */
  timing: z.object({ queuedMs: z.number(), totalMs: z.number(), cloudMs: z.number(), oursMs: z.number() }),
  revision: z.number().int(), actor: z.string(), origin: originSchema, resolves: id.optional(),
  createdAt: time, startedAt: time.nullable(), endedAt: time.nullable()
});
export type OperationView = z.infer<typeof operationViewSchema>;

/** One line of a plan. */
export const planChangeSchema = z.object({
  action: z.enum(['add', 'change', 'remove']),
  kind: z.enum(['network', 'unit', 'node', 'app', 'setting']),
  unit: z.string().optional(),
  /** The resource as people call it: `compute-3`, `compute`, `10.64.0.0/22 (one)`. */
  name: z.string(),
  detail: z.string(),
  price: priceSchema.optional()
});
export type PlanChange = z.infer<typeof planChangeSchema>;

export const planSchema = z.object({
  vc: z.string(), exists: z.boolean(),
  /** Revision this plan was made on; 0 = the virtual cloud does not exist. */
  baseRevision: z.number().int(),
  /** Covers document, revision and observed state. Give it to apply, and apply does exactly this or refuses. */
  digest: z.string(),
  changes: z.array(planChangeSchema),
  summary: z.object({ add: z.number().int(), change: z.number().int(), remove: z.number().int() }),
  /** Nodes that would go, by unit: what `--allow-remove U:N` has to name. */
  removals: z.record(z.string(), z.number().int()),
  priceBefore: priceSchema, priceAfter: priceSchema,
  quota: z.array(z.object({ provider: z.string(), region: z.string(), resource: z.string(), needed: z.number(), limit: z.number().nullable(), used: z.number(), enough: z.boolean(), note: z.string().optional() })),
  warnings: z.array(z.string()),
  document: vcDocumentSchema
});
export type Plan = z.infer<typeof planSchema>;

export const EVENT_TYPES = ['vc.changed', 'vc.deleted', 'node.changed', 'node.deleted', 'operation.changed', 'operation.log', 'reset'] as const;
/** An event as SSE sends it: `id:` = seq, `event:` = type, `data:` = this object. */
export const eventSchema = z.object({
  seq: z.number().int(), at: time, type: z.enum(EVENT_TYPES), vc: z.string().optional(), vcId: id.optional(), operation: id.optional(),
  data: z.record(z.string(), z.unknown())
});
export type VcpEvent = z.infer<typeof eventSchema>;

export const providerViewSchema = z.object({
  name: z.string(), title: z.string(), api: z.string(), available: z.boolean(), reason: z.string().optional(), hint: z.string().optional(),
  regions: z.array(z.object({ name: z.string(), title: z.string(), reach: z.enum(['direct', 'gateway']) })),
  flavors: z.array(z.object({ name: z.string(), size: sizeSchema, price: priceSchema })),
  capabilities: z.record(z.string(), z.object({ supported: z.boolean(), reason: z.string().optional() })),
  specSchema: z.record(z.string(), z.unknown()), notice: z.string().optional()
});
export type ProviderView = z.infer<typeof providerViewSchema>;

/** How a person's own ssh reaches a node (personal mode: the key file is on this machine). */
export const sshAccessSchema = z.object({
  host: z.string(), port: z.number().int(), user: z.string(), hostKey: z.string(), identityFile: z.string(),
  jump: z.object({ host: z.string(), port: z.number().int(), user: z.string(), hostKey: z.string() }).optional()
});
export type SshAccess = z.infer<typeof sshAccessSchema>;

export const versionSchema = z.object({
  product: z.literal('jupyterlab-vcp'), version: z.string(), api: z.literal(1), installation: z.string(), home: z.string(), pid: z.number().int(), startedAt: time
});
export type VersionView = z.infer<typeof versionSchema>;

/** `/readyz`: 200 when `ready`, 503 otherwise. */
export const readySchema = z.object({ ready: z.boolean(), problems: z.array(z.string()) });
export type ReadyView = z.infer<typeof readySchema>;

/** `<VCP_HOME>/controller.json`: how to find the running controller of a data folder. */
export const controllerFileSchema = z.object({ pid: z.number().int(), socket: z.string(), startedAt: time, version: z.string() });
export type ControllerFile = z.infer<typeof controllerFileSchema>;

export function pageOf<T extends z.ZodType>(item: T): z.ZodObject<{ items: z.ZodArray<T>; nextCursor: z.ZodOptional<z.ZodString>; seq: z.ZodNumber }> {
  /** `seq`: the last event already contained in this page, so that a client knows from where to follow. */
  return z.object({ items: z.array(item), nextCursor: z.string().optional(), seq: z.number().int() });
}
export interface Page<T> { readonly items: readonly T[]; readonly nextCursor?: string | undefined; readonly seq: number }
