import type { OutgoingMessage } from './message.js';

/** Where a message leaves the kernel. */
export type Channel = 'iopub' | 'shell' | 'control' | 'stdin';

/**
 * The gate through which everything passes that leaves the kernel: streams, displays, results, errors, replies, comms.
 * Whatever must never get into a notebook is to be taken out here, and nowhere else.
 */
export function outgoing(_channel: Channel, message: OutgoingMessage): OutgoingMessage {
  return message;
}
