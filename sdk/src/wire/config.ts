import * as z from 'zod';
import { composeSchema } from './compose.js';
import { APP_NAME_PATTERN, NAME_PATTERN, NAME_RULE, looksLikeNodeName } from './names.js';

/**
 * The document that describes a virtual cloud: one schema for file, REST, SDK and form.
 * Keys that belong to the language but whose feature is not built are refused by name in `config-rules.ts`.
 */
export const FLAVOR_NAMES = ['small', 'medium', 'large', 'gpu'] as const;
export const LARGEST_COUNT = 1000;

const name = z.string().regex(NAME_PATTERN, `must be ${NAME_RULE}`);

export const portableSizeSchema = z.strictObject({
  cpu: z.number().positive().max(1024).optional(),
  memoryGiB: z.number().positive().max(65_536).optional(),
  gpu: z.number().int().min(0).max(64).optional(),
  diskGiB: z.number().positive().max(1_048_576).optional()
});

export const unitSchema = z.strictObject({
  name: name.refine(value => !looksLikeNodeName(value), 'must not end in "-" and a number: node names are made that way'),
  provider: z.string().min(1),
  /** Absent: the provider's first region. */
  region: z.string().min(1).optional(),
  flavor: z.union([z.enum(FLAVOR_NAMES), portableSizeSchema]),
  count: z.number().int().min(0).max(LARGEST_COUNT).default(1),
  /** Checked against the provider's own JSON Schema by the controller. */
  override: z.record(z.string(), z.unknown()).optional(),
  publicKeys: z.array(z.string()).max(100).optional(),
  /** Application containers on every node: a compose document, or (in a file) the path of one. */
  apps: z.record(z.string().regex(APP_NAME_PATTERN), z.union([z.string(), composeSchema])).optional(),
  /** Shell script, or (in a file) the path of one. Once a node, after its base container is ready. */
  onJoin: z.string().min(1).max(262_144).optional(),
  /** Before a node is removed; a failure blocks the removal. */
  onLeave: z.string().min(1).max(262_144).optional(),
  /** Shell command that says with exit code 0 when the node counts as ready. */
  ready: z.string().min(1).max(16_384).optional()
});

export const IPV4_CIDR = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\/(?:[89]|1\d|2\d|30)$/;

export const vcDocumentSchema = z.strictObject({
  version: z.literal(1).default(1),
  name,
  description: z.string().max(2000).optional(),
  network: z.strictObject({ cidr: z.string().regex(IPV4_CIDR, 'must be an IPv4 range such as 10.64.0.0/16').optional() }).optional(),
  units: z.array(unitSchema).max(200).default([])
});

export type PortableSize = z.infer<typeof portableSizeSchema>;
export type Flavor = UnitDocument['flavor'];
export type UnitDocument = z.infer<typeof unitSchema>;
export type VcDocument = z.infer<typeof vcDocumentSchema>;
/** As people write it: what has a default may be absent. */
export type UnitInput = z.input<typeof unitSchema>;
export type VcInput = z.input<typeof vcDocumentSchema>;
