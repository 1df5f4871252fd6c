import type { OperationView } from '@jupyterlab-vcp/sdk/wire';

/** So many finished operations are kept in the page; the controller keeps all of them. */
const KEPT = 50;

/** An operation that may still change. */
export function isOpen(operation: OperationView): boolean {
  return operation.state === 'queued' || operation.state === 'running';
}

/** Failed ones, and ones whose outcome nobody knows: they stay in sight until they are put away. */
export function wantsAttention(operation: OperationView): boolean {
  return operation.state === 'failed' || operation.state === 'needs-attention';
}

/**
 * Known and fresh operations together, newest first.
 * @param only when given: ids that still exist; others are dropped
 */
export function mergeOperations(known: readonly OperationView[], fresh: readonly OperationView[], only?: readonly string[]): readonly OperationView[] {
  const merged = new Map(known.filter(operation => only === undefined || only.includes(operation.id)).map(operation => [operation.id, operation]));
  for (const operation of fresh) merged.set(operation.id, operation);
  return [...merged.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt)).slice(0, KEPT);
}

/** What the panel lists: open ones, those that want attention, and the last few that went well. */
export function shownOperations(operations: readonly OperationView[], finished: number): readonly OperationView[] {
  let left = finished;
  return operations.filter(operation => {
    if (isOpen(operation) || wantsAttention(operation)) return true;
    left -= 1;
    return left >= 0;
  });
}

/** Done share between 0 and 1; undefined while nothing can be counted. */
export function shareDone(operation: OperationView): number | undefined {
  const { done, total } = operation.progress;
  return total > 0 ? Math.min(1, done / total) : undefined;
}
