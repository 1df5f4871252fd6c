import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { isPresent, moveNode, names, type Node } from '../domain/index.js';
import { bringUpNode } from './bring-up-node.js';
import type { HostsSync } from './hosts-sync.js';
import { abortedError, withTimeLimit } from './limits.js';
import { removeUnusedNetworks } from './networks.js';
import { addressOf, changeNode, machineState, readNode } from './node-rows.js';
import type { OperationRun } from './operation-run.js';
import { classify, retrying } from './retry.js';
import { takeDownNode } from './take-down-node.js';
import { ensureApps, removeApps } from './unit-apps.js';

/** Nodes that come, go and change, each for itself: one that fails or hangs does not hold the others. */
export async function changeNodes(run: OperationRun, hosts: HostsSync): Promise<void> {
  const { request } = run;
  const coming = [...request.create, ...request.repair];
  // Names are known before the nodes are there, so that those that run learn them meanwhile.
  const told = coming.length === 0 ? Promise.resolve() : hosts.writeAll(run.vcId, run.signal);
  const up = [...coming.map(id => comeUp(run, id, hosts)), ...(await nodesToReconcile(run)).map(node => reconcile(run, node.id))];
  // With rollback, nothing goes before what comes is there: a node that was removed cannot be brought back.
  const safe = request.onFailure === 'keep' || (await Promise.all(up)).every(Boolean);
  const down = safe ? request.remove.map(id => goAway(run, id, hosts, true)) : [];
  await Promise.all([...up, ...down, told]);
  if (run.signal.aborted) throw abortedError(run.signal);
  if (request.remove.length > 0) await hosts.writeAll(run.vcId, run.signal);
  await dropUnusedNetworks(run);
}

/** Takes back what the operation made. */
export async function rollBack(run: OperationRun, hosts: HostsSync): Promise<void> {
  await Promise.all(run.request.create.map(id => goAway(run, id, hosts, false)));
  await Promise.all((await nodesToReconcile(run)).map(node => reconcile(run, node.id)));
  await hosts.writeAll(run.vcId, run.signal);
  await dropUnusedNetworks(run);
}

async function comeUp(run: OperationRun, nodeId: string, hosts: HostsSync): Promise<boolean> {
  const name = await nameOf(run, nodeId);
  try {
    await bringUpNode(run, nodeId, hosts);
    (run.request.create.includes(nodeId) ? run.added : run.changed).add(name);
    return true;
  } catch (error) {
    await nodeFailed(run, nodeId, error, 'keep');
    return false;
  }
}

export async function goAway(run: OperationRun, nodeId: string, hosts: HostsSync, hook: boolean): Promise<boolean> {
  try {
    await takeDownNode(run, nodeId, hosts, hook);
    return true;
  } catch (error) {
    await nodeFailed(run, nodeId, error, 'stays');
    return false;
  }
}

async function reconcile(run: OperationRun, nodeId: string): Promise<boolean> {
  const { context } = run;
  const node = await context.store.read(reader => readNode(reader, nodeId));
  const provider = context.catalog.get(node.provider);
  run.step('node', node.name, 'updating applications');
  try {
    await retrying({ context, provider, signal: run.signal, onWait: (phase, failure) => run.waits('node', node.name, phase, failure) }, async () => {
      const address = await addressOf(context, nodeId);
      await removeApps(run, nodeId, address, Object.hasOwn(run.request.removeApps, node.unit) ? run.request.removeApps[node.unit]! : []);
      await ensureApps(run, nodeId, address);
    });
    run.changed.add(node.name);
    run.done('node', node.name, 'applications updated');
    return true;
  } catch (error) {
    if (run.signal.aborted) return false;
    run.failed('node', node.name, error);
    return false;
  }
}

/** Running nodes of the units whose applications changed; those that come get the new ones anyway. */
async function nodesToReconcile(run: OperationRun): Promise<readonly Node[]> {
  const { request } = run;
  if (request.reconcile.length === 0) return [];
  const others = new Set([...request.create, ...request.repair, ...request.remove]);
  const nodes = await run.context.store.read(reader => reader.nodes(run.vcId));
  return nodes.filter(node => request.reconcile.includes(node.unit) && !others.has(node.id) && isPresent(node) && node.readyAt !== undefined && (node.state === 'running' || node.state === 'unreachable'));
}

/**
 * Writes down what became of a node whose step failed: in error when the world is known, needs-attention when nobody
 * could look. A node that should have gone stays wanted, as it was.
 */
async function nodeFailed(run: OperationRun, nodeId: string, error: unknown, kind: 'keep' | 'stays'): Promise<void> {
  const { context } = run;
  if (run.signal.aborted || context.stopping.aborted) return;
  const node = await context.store.read(reader => readNode(reader, nodeId));
  const provider = context.catalog.get(node.provider);
  const failure = classify(provider, error).error;
  const known = node.state === 'requested' || node.state === 'leaving' || (await worldIsKnown(run, node));
  await context.persist(async tx => {
    await changeNode(tx, context, nodeId, current => afterFailure(current, known, failure.message, kind));
  });
  run.failed('node', node.name, known ? failure : new VcpError(failure.code, `${failure.message} What became of ${node.name} is not known.`, { hint: `Once ${provider.title} answers, apply again: it is looked at first.`, cause: failure }), !known);
}

function afterFailure(node: Node, known: boolean, reason: string, kind: 'keep' | 'stays'): Node {
  const wanted = { wanted: 'present' as const };
  if (node.state === 'leaving') return moveNode(node, 'running', wanted);
  if (kind === 'stays' && node.state !== 'deleting') return { ...node, ...wanted };
  if (node.state === 'deleted') return node;
  return moveNode(node, known ? 'error' : 'needs-attention', { ...wanted, reason });
}

async function worldIsKnown(run: OperationRun, node: Node): Promise<boolean> {
  const { context } = run;
  try {
    const { settings, clock, catalog } = context;
    await withTimeLimit({ ms: settings.nodeAnswerMs, what: `Asking for ${node.name}`, signal: run.signal, clock }, signal => machineState(context, catalog.get(node.provider), node.id, signal));
    return true;
  } catch {
    return false;
  }
}

async function dropUnusedNetworks(run: OperationRun): Promise<void> {
  try {
    await removeUnusedNetworks(run);
  } catch (error) {
    if (run.signal.aborted) throw error;
    run.log('warning', `A network could not be removed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function nameOf(run: OperationRun, nodeId: string): Promise<string> {
  return (await run.context.store.read(reader => readNode(reader, nodeId))).name;
}

/** One error for the whole, made of those of its parts. */
export function summaryError(run: OperationRun, running: string | undefined): VcpError {
  const failures = run.failures();
  const first = failures[0]!;
  const cause = first.error;
  const what = failures.length === 1 ? first.name : `${names(failures.map(failure => failure.name))} (${failures.length})`;
  return new VcpError(cause?.code ?? 'internal', `${what} failed: ${cause?.message ?? 'for an unknown reason'}${running === undefined ? '' : ` Now: ${running}.`}`, {
    hint: cause?.hint ?? 'Apply the same configuration again: what failed is made anew, what runs is left alone.',
    operation: run.id, ...(cause?.details === undefined ? {} : { details: cause.details })
  });
}
