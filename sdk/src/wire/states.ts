/** Node states. `needs-attention` means that the world is unknown. */
export const NODE_STATES = [
  'requested', 'booting', 'running', 'stopping', 'stopped', 'starting',
  'leaving', 'deleting', 'deleted', 'error', 'unreachable', 'needs-attention'
] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** Derived states of units and virtual clouds, in order of precedence (the first that applies wins). */
export const GROUP_STATES = [
  'deleting', 'applying', 'needs-attention', 'error', 'degraded', 'stopped', 'running', 'empty'
] as const;
export type GroupState = (typeof GROUP_STATES)[number];

export const OPERATION_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'needs-attention'] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

export const OPERATION_KINDS = ['apply', 'scale', 'add-nodes', 'remove-nodes', 'delete', 'set-app'] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** An operation in one of these states never changes again. */
export function isFinished(state: OperationState): boolean {
  return state !== 'queued' && state !== 'running';
}
