import { VcpError, type NodeState } from '@jupyterlab-vcp/sdk/wire';
import type { Node } from './entities.js';

/** Every legal step of a node. What is not here is a bug of ours, never something to be lived with. */
export const NODE_TRANSITIONS: Readonly<Record<NodeState, readonly NodeState[]>> = {
  requested: ['booting', 'deleting', 'error', 'needs-attention'],
  booting: ['running', 'deleting', 'error', 'needs-attention'],
  running: ['booting', 'stopping', 'leaving', 'deleting', 'error', 'unreachable', 'needs-attention'],
  stopping: ['stopped', 'deleting', 'error', 'needs-attention'],
  stopped: ['starting', 'leaving', 'deleting', 'error', 'needs-attention'],
  starting: ['running', 'deleting', 'error', 'unreachable', 'needs-attention'],
  leaving: ['running', 'deleting', 'error', 'unreachable', 'needs-attention'],
  deleting: ['deleted', 'error', 'needs-attention'],
  deleted: [],
  error: ['booting', 'running', 'starting', 'leaving', 'deleting', 'unreachable', 'needs-attention'],
  unreachable: ['running', 'booting', 'stopping', 'leaving', 'deleting', 'error', 'needs-attention'],
  'needs-attention': ['booting', 'running', 'starting', 'leaving', 'deleting', 'error', 'unreachable']
};

export function canNodeMove(from: NodeState, to: NodeState): boolean {
  return from === to || NODE_TRANSITIONS[from].includes(to);
}

/**
 * The node in its new state. The reason belongs to a state: it goes unless a new one is given.
 * @throws VcpError internal for a step that the table does not have.
 */
export function moveNode(node: Node, state: NodeState, change: Partial<Omit<Node, 'id' | 'vcId' | 'state'>> = {}): Node {
  if (!canNodeMove(node.state, state)) throw new VcpError('internal', `Node ${node.name} cannot go from ${node.state} to ${state}.`);
  return { ...node, reason: undefined, ...change, state };
}

/** The node is there, or on its way, and is meant to stay. */
export function isPresent(node: Pick<Node, 'wanted' | 'state'>): boolean {
  return node.wanted === 'present' && node.state !== 'deleted' && node.state !== 'deleting' && node.state !== 'leaving';
}

/** The node does not do its work and only a change brings it back. */
export function isBroken(node: Pick<Node, 'state'>): boolean {
  return node.state === 'error' || node.state === 'needs-attention';
}

/**
 * A broken node that never came to work, or whose onJoin failed half-way, is made anew under its id;
 * any other one is started again as it is, because it may hold work.
 */
export function mustBeMadeAnew(node: Pick<Node, 'bootedAt' | 'joinStartedAt' | 'joinedAt'>): boolean {
  return node.joinedAt === undefined && (node.bootedAt === undefined || node.joinStartedAt !== undefined);
}

/** A state that some operation is about to leave. */
export function isMoving(state: NodeState): boolean {
  return state === 'requested' || state === 'booting' || state === 'starting' || state === 'stopping' || state === 'leaving' || state === 'deleting';
}
