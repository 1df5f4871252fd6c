import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { z } from 'zod';
import type { Heartbeat } from '../domain/index.js';

export const HEARTBEAT_FILE = '/run/vcp/heartbeat.json';

const schema = z.object({
  uptimeSeconds: z.number(), engine: z.enum(['ready', 'starting', 'down']), load1: z.number(), memoryUsedMiB: z.number(), at: z.number()
});

/** @throws command_failed when the file of the base container says something else. */
export function parseHeartbeat(text: string, nodeName: string): Heartbeat {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new VcpError('command_failed', `The heartbeat of node ${nodeName} cannot be read.`, { hint: 'Its base container is another version or damaged; replace the node.', cause });
  }
}
