import { VcpError, type OperationState } from '@jupyterlab-vcp/sdk/wire';
import type { Operation } from './entities.js';

export const OPERATION_TRANSITIONS: Readonly<Record<OperationState, readonly OperationState[]>> = {
  queued: ['running', 'cancelled', 'failed'],
  running: ['succeeded', 'failed', 'cancelled', 'needs-attention'],
  succeeded: [],
  failed: [],
  cancelled: [],
  'needs-attention': []
};

/** @throws VcpError internal for a step that the table does not have. */
export function moveOperation(operation: Operation, state: OperationState, change: Partial<Omit<Operation, 'id' | 'vcId' | 'state'>> = {}): Operation {
  if (operation.state !== state && !OPERATION_TRANSITIONS[operation.state].includes(state)) {
    throw new VcpError('internal', `Operation ${operation.id} cannot go from ${operation.state} to ${state}.`);
  }
  return { ...operation, ...change, state };
}
