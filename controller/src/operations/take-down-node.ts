import type { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { isBroken, moveNode, type CloudProvider, type Node } from '../domain/index.js';
import { doubtFailure } from './doubt.js';
import { runHook } from './hooks.js';
import type { HostsSync } from './hosts-sync.js';
import { unlessAborted } from './limits.js';
import { cloudContext, electGateway } from './networks.js';
import { addressOf, changeNode, ownershipOf, readNode } from './node-rows.js';
import type { OperationRun } from './operation-run.js';
import { retrying } from './retry.js';

/**
 * Removes a node: onLeave, then the machine. A failing onLeave keeps the node.
 * @param hook false when the whole virtual cloud goes, or what an operation made is rolled back
 * @throws VcpError; the node's row is left to the caller.
 */
export async function takeDownNode(run: OperationRun, nodeId: string, hosts: HostsSync, hook: boolean): Promise<void> {
  const { context } = run;
  const node = await context.store.read(readerOf => readNode(readerOf, nodeId));
  if (node.state === 'deleted') {
    run.done('node', node.name, 'removed');
    return;
  }
  const provider = context.catalog.get(node.provider);
  const onWait = (phase: string, failure: VcpError): void => run.waits('node', node.name, phase, failure);
  if (hook) await leave(run, provider, node, onWait);
  const began = context.clock.now();
  const doubt = (failure: VcpError): Promise<VcpError | undefined> => doubtFailure(run, provider, nodeId, failure, 0);
  await retrying({ context, provider, signal: run.signal, onWait, doubt }, () => removeMachine(run, provider, nodeId));
  run.addCloudMs(node.name, context.clock.now() - began);
  context.shell.drop(nodeId);
  context.heartbeats.delete(nodeId);
  hosts.forget(nodeId);
  run.removed.add(node.name);
  run.done('node', node.name, 'removed');
}

async function leave(run: OperationRun, provider: CloudProvider, node: Node, onWait: (phase: string, failure: VcpError) => void): Promise<void> {
  const { context } = run;
  const script = Object.hasOwn(run.request.onLeave, node.unit) ? run.request.onLeave[node.unit] : undefined;
  // Already past it (cut off while the machine was being removed), or nothing that it could drain.
  if (script === undefined || node.state === 'deleting' || node.joinedAt === undefined) return;
  if (isBroken(node) || node.state === 'unreachable') {
    run.log('warning', `onLeave of ${node.name} is not run: the node ${node.state === 'unreachable' ? 'does not answer' : `is in ${node.state}`}.`, node.name);
    return;
  }
  run.step('node', node.name, 'running onLeave');
  await context.persist(async tx => {
    await tx.addJournal({ operation: run.id, resource: node.id, act: 'on-leave', phase: 'intent', detail: {} });
    await changeNode(tx, context, node.id, current => moveNode(current, 'leaving'));
  });
  await retrying({ context, provider, signal: run.signal, onWait }, async () => {
    await runHook(run, { id: `${node.id}-leave-${run.id}`, hook: 'onLeave', script, node, address: await addressOf(context, node.id) });
  });
  await context.persist(tx => tx.addJournal({ operation: run.id, resource: node.id, act: 'on-leave', phase: 'done', detail: {} }));
}

async function removeMachine(run: OperationRun, provider: CloudProvider, nodeId: string): Promise<void> {
  const { context } = run;
  const node = await context.store.read(reader => readNode(reader, nodeId));
  // Others are reached through it: they get another gateway before it goes.
  if (!run.request.deleteVc) await electGateway(run, run.vcId, node.networkId, new Set([...run.request.remove, nodeId]));
  run.step('node', node.name, 'removing');
  await run.act({ resource: nodeId, act: 'delete-node' }, {
    before: async tx => {
      await changeNode(tx, context, nodeId, current => (current.state === 'deleting' ? current : moveNode(current, 'deleting')));
    },
    perform: () => context.limiter(provider.name).run(run.signal, () => unlessAborted(provider.deleteNode(ownershipOf(context, node, run.id), cloudContext(run)), run.signal)),
    outcome: async tx => {
      await changeNode(tx, context, nodeId, current => moveNode(current, 'deleted', { wanted: 'absent' }));
    }
  });
}
