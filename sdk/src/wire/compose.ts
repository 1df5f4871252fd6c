import * as z from 'zod';
import { APP_NAME_PATTERN } from './names.js';

/**
 * The subset of the Compose specification (https://github.com/compose-spec/compose-spec) that application
 * containers may use. Anything else is refused by name, never ignored. docs/compose.md lists it for users.
 */
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const words = z.union([z.string(), z.array(z.string())]);
const environment = z.union([z.record(z.string(), z.union([scalar, z.null()])), z.array(z.string())]);

export const composeServiceSchema = z.strictObject({
  image: z.string().min(1),
  command: words.optional(),
  entrypoint: words.optional(),
  environment: environment.optional(),
  /** Short syntax only: `/on/node:/in/container[:ro]` or `volume:/in/container[:ro]`. */
  volumes: z.array(z.string()).optional(),
  /** Short syntax only: `8080`, `8080:80`, `8080:80/udp`. */
  ports: z.array(z.union([z.string(), z.number().int()])).optional(),
  network_mode: z.enum(['host', 'bridge', 'none']).optional(),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']).optional(),
  hostname: z.string().optional(),
  user: z.union([z.string(), z.number().int()]).optional(),
  working_dir: z.string().optional(),
  labels: environment.optional(),
  extra_hosts: z.array(z.string()).optional(),
  cap_add: z.array(z.string()).optional(),
  privileged: z.boolean().optional(),
  devices: z.array(z.string()).optional(),
  tmpfs: z.union([z.string(), z.array(z.string())]).optional(),
  shm_size: z.union([z.string(), z.number().int()]).optional(),
  mem_limit: z.union([z.string(), z.number().int()]).optional(),
  cpus: z.number().positive().optional(),
  stop_grace_period: z.string().optional(),
  init: z.boolean().optional(),
  tty: z.boolean().optional(),
  depends_on: z.array(z.string()).optional()
});

export const composeSchema = z.strictObject({
  name: z.string().optional(),
  services: z.record(z.string().regex(APP_NAME_PATTERN), composeServiceSchema).refine(services => Object.keys(services).length > 0, 'names no service'),
  volumes: z.record(z.string(), z.union([z.null(), z.strictObject({})])).optional()
});

export type ComposeService = z.infer<typeof composeServiceSchema>;
export type ComposeDocument = z.infer<typeof composeSchema>;
