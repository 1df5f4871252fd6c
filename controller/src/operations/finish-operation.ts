import { toVcpError, VcpError, type OperationState } from '@jupyterlab-vcp/sdk/wire';
import { iso, isMoving, moveNode, moveOperation, resultSummary, runningSummary, type Node, type Operation, type StoreWriter } from '../domain/index.js';
import { summaryError } from './change-nodes.js';
import { changeNode } from './node-rows.js';
import type { OperationRun } from './operation-run.js';
import { putOperation, refreshVc } from './vc-rows.js';

/** What an operation came to besides what its resources say. */
export interface Ending {
  /** Thrown where nothing should throw: a fault of ours. */
  readonly unexpected?: unknown;
  /** Why what it made was taken back. */
  readonly rolledBack: VcpError | undefined;
}

/** The last transaction of an operation: its result, its claims, the nodes that it leaves, the derived states. */
export async function finishOperation(run: OperationRun, ending: Ending): Promise<void> {
  const { context } = run;
  await run.end();
  await context.persist(async tx => {
    const stored = await tx.operation(run.id);
    if (stored === undefined || stored.state !== 'running') return;
    for (const id of [...run.request.create, ...run.request.repair, ...run.request.remove]) {
      await changeNode(tx, context, id, node => settled(node, run.reason === undefined ? 'it was not finished' : 'cancelled before it was ready'));
    }
    const state = stateOf(run, ending);
    if (state === 'succeeded' && run.request.deleteVc) await bury(tx, run);
    if (ending.rolledBack !== undefined && run.failures().length === 0) await buryIfNew(tx, run);
    const running = runningSummary(await tx.nodes(run.vcId));
    await putOperation(tx, moveOperation(run.current(stored), state, { ...outcome(run, ending, state, running), phase: '', endedAt: context.clock.now() }), context.clock.now());
    await tx.removeClaims(run.id);
    await refreshVc(tx, run.vcId, context.catalog);
  });
}

function stateOf(run: OperationRun, ending: Ending): OperationState {
  if (ending.unexpected !== undefined) return 'failed';
  if (ending.rolledBack !== undefined && run.failures().every(failure => failure.state !== 'unknown')) return ending.rolledBack.code === 'cancelled' ? 'cancelled' : 'failed';
  if (run.reason !== undefined && !run.completed) return 'cancelled';
  const failures = run.failures();
  if (failures.some(failure => failure.state === 'unknown')) return 'needs-attention';
  return failures.length > 0 ? 'failed' : 'succeeded';
}

function outcome(run: OperationRun, ending: Ending, state: OperationState, running: string): Partial<Operation> {
  const lists = { added: sorted(run.added), removed: sorted(run.removed), changed: sorted(run.changed) };
  if (state === 'succeeded') {
    const summary = run.request.deleteVc ? `${run.operation.vc} deleted: ${lists.removed.length} ${lists.removed.length === 1 ? 'node' : 'nodes'} removed, nothing left` : resultSummary(lists, running);
    return { result: { summary, ...lists } };
  }
  return { error: (ending.rolledBack === undefined ? plainError(run, ending.unexpected, running) : rolledBack(run, ending.rolledBack, running)).toJSON() };
}

function plainError(run: OperationRun, unexpected: unknown, running: string | undefined): VcpError {
  if (unexpected !== undefined) return toVcpError(unexpected);
  if (run.reason !== undefined && !run.completed) {
    return new VcpError('cancelled', `${run.operation.title} was cancelled${run.reason === 'delete' ? ' because the virtual cloud is being deleted' : ''}.${running === undefined ? '' : ` Now: ${running}.`}`, {
      operation: run.id, hint: run.reason === 'delete' ? 'Wait until the deletion has ended.' : 'Apply again to go on, or scale down to what is there.'
    });
  }
  return summaryError(run, running);
}

/** Why an operation did not succeed, before anything is taken back. */
export function causeOf(run: OperationRun, unexpected: unknown): VcpError {
  return plainError(run, unexpected, undefined);
}

function rolledBack(run: OperationRun, cause: VcpError, running: string): VcpError {
  const left = run.failures();
  const end = left.length === 0 ? 'What this operation made was removed again' : `Of what this operation made, ${left.map(failure => failure.name).join(', ')} could not be removed`;
  return new VcpError(cause.code, `${cause.message} ${end}. Now: ${running}.`, { operation: run.id, hint: cause.hint ?? 'Mend the cause, then apply again.', ...(cause.details === undefined ? {} : { details: cause.details }) });
}

/** A node that its operation left half-way: its machine may or may not be there, and the next apply looks. */
function settled(node: Node, reason: string): Node {
  if (node.state === 'deleted') return node;
  if (node.state === 'leaving') return moveNode(node, 'running', { wanted: 'present' });
  if (isMoving(node.state)) return moveNode(node, 'error', { wanted: 'present', reason });
  return node.wanted === 'absent' ? { ...node, wanted: 'present' } : node;
}

/** The row stays as a tombstone, so that what shows up late in a cloud is known. */
async function bury(tx: StoreWriter, run: OperationRun): Promise<void> {
  const vc = await tx.vc(run.vcId);
  if (vc === undefined) return;
  const now = run.context.clock.now();
  await tx.putVc({ ...vc, state: 'empty', reason: undefined, deletedAt: now, changedAt: now });
  await tx.addEvent({ type: 'vc.deleted', vc: vc.name, vcId: vc.id, operation: run.id, data: { id: vc.id, name: vc.name, at: iso(now) } });
}

/** A virtual cloud that only the rolled-back operation made goes with it. */
async function buryIfNew(tx: StoreWriter, run: OperationRun): Promise<void> {
  const vc = await tx.vc(run.vcId);
  const nodes = await tx.nodes(run.vcId);
  if (run.operation.revision === 1 && vc?.revision === 2 && nodes.length === 0) await bury(tx, run);
}

function sorted(list: ReadonlySet<string>): readonly string[] {
  return [...list].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
