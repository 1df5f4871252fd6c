import { isVcpError, VcpError } from '@jupyterlab-vcp/sdk/wire';
import { moveNode, type CloudProvider, type Node } from '../domain/index.js';
import { doubtFailure, spoilsMachine } from './doubt.js';
import { runHook, untilReady } from './hooks.js';
import type { HostsSync } from './hosts-sync.js';
import { abortedError, unlessAborted, withTimeLimit } from './limits.js';
import { makeMachine, waitForGateway } from './make-machine.js';
import { electGateway } from './networks.js';
import { addressOf, changeNode, machineState, readNode } from './node-rows.js';
import type { OperationRun } from './operation-run.js';
import { retrying } from './retry.js';
import { ensureApps } from './unit-apps.js';

/**
 * Takes a node from wherever it is to running: machine, base container, names, applications, onJoin, ready.
 * Every step looks at what is there, so that it can be cut off anywhere and begun again.
 * @throws VcpError what could not be done; the node's row is left to the caller.
 */
export async function bringUpNode(run: OperationRun, nodeId: string, hosts: HostsSync): Promise<void> {
  const { context } = run;
  const began = context.clock.now();
  const first = await context.store.read(reader => readNode(reader, nodeId));
  if (first.state === 'running' && first.readyAt !== undefined) {
    run.done('node', first.name, 'running');
    return;
  }
  const provider = context.catalog.get(first.provider);
  const made = madeSignal(run, nodeId);
  let spoilt = 0;
  let smooth = first.bootedAt === undefined;
  try {
    const onWait = (phase: string, failure: VcpError): void => {
      made(false);
      run.forget(`network/${first.networkId}`);
      if (spoilsMachine(failure) && ++spoilt > (failure.code === 'conflict' ? 0 : 1)) run.clearFirst.add(nodeId);
      run.waits('node', first.name, phase, failure);
    };
    const doubt = (failure: VcpError): Promise<VcpError | undefined> => doubtFailure(run, provider, nodeId, failure, spoilt);
    const onWaited = (ms: number): void => {
      smooth = false;
      run.addCloudMs(first.name, ms);
    };
    await retrying({ context, provider, signal: run.signal, onWait, onWaited, doubt }, async () => {
      const node = await onTheCloudsTime(run, first.name, async () => {
        const machine = await makeMachine(run, nodeId);
        made(true);
        await waitForGateway(run, machine);
        await electGateway(run, run.vcId, machine.networkId);
        return boot(run, provider, machine);
      });
      await makeUseful(run, node.id, hosts);
    });
  } finally {
    made(false);
  }
  await context.persist(async tx => {
    await changeNode(tx, context, nodeId, node => moveNode(node, 'running', { readyAt: context.clock.now() }));
    // What others are told to expect: only what went through at once.
    if (smooth) await tx.addDuration(first.provider, first.spec.flavor, context.clock.now() - began);
  });
  run.done('node', first.name, 'running');
}

/** Time until the machine answers belongs to the cloud; what is done on it afterwards does not. */
async function onTheCloudsTime<T>(run: OperationRun, name: string, work: () => Promise<T>): Promise<T> {
  const began = run.context.clock.now();
  try {
    return await work();
  } finally {
    run.addCloudMs(name, run.context.clock.now() - began);
  }
}

/** Says once whether the machine came up at the first try, to those who wait for a gateway. */
function madeSignal(run: OperationRun, nodeId: string): (made: boolean) => void {
  let settle = (_made: boolean): void => undefined;
  run.made.set(nodeId, new Promise(resolve => { settle = resolve; }));
  return settle;
}

/** Until the base container answers; meanwhile the cloud is asked whether the machine still runs. */
async function boot(run: OperationRun, provider: CloudProvider, node: Node): Promise<Node> {
  const { context } = run;
  const { clock, settings, shell } = context;
  const usual = await context.store.read(reader => reader.expectedMs(node.provider, node.spec.flavor));
  run.step('node', node.name, usual === undefined ? 'booting' : `booting (usually ${Math.max(1, Math.round(usual / 1000))} s)`);
  const began = clock.now();
  for (;;) {
    const address = await addressOf(context, node.id);
    const left = settings.bootMs - (clock.now() - began);
    try {
      await withTimeLimit({ ms: Math.max(1, Math.min(settings.bootCheckMs, left)), what: `Booting ${node.name}`, signal: run.signal, clock }, signal => shell.waitUntilReady(address, signal));
      break;
    } catch (error) {
      if (run.signal.aborted) throw abortedError(run.signal);
      if (!isVcpError(error) || (error.code !== 'timed_out' && error.code !== 'node_unreachable')) throw error;
      if (error.code === 'node_unreachable' && error.details?.['hostKeyMismatch'] === true) throw new VcpError('conflict', error.message, { ...(error.hint === undefined ? {} : { hint: error.hint }), cause: error });
      await lookAtMachine(run, provider, node, clock.now() - began >= settings.bootMs, error);
      if (error.code === 'node_unreachable') await clock.sleep(settings.firstRetryMs, run.signal);
    }
  }
  return context.persist(tx => changeNode(tx, context, node.id, current => (current.bootedAt === undefined ? { ...current, bootedAt: clock.now() } : current)));
}

/** @throws node_unreachable when the machine stopped (it is started again then), timed_out when it ran all the time. */
async function lookAtMachine(run: OperationRun, provider: CloudProvider, node: Node, late: boolean, cause: unknown): Promise<void> {
  const state = await unlessAborted(machineState(run.context, provider, node.id, run.signal), run.signal);
  if (state === 'stopped' || state === 'gone') throw new VcpError('node_unreachable', `The machine of ${node.name} ${state === 'gone' ? 'is gone' : 'stopped'} while it booted.`, { cause });
  if (late) throw new VcpError('timed_out', `${node.name} did not answer within ${Math.round(run.context.settings.bootMs / 60_000)} minutes.`, { hint: 'Apply again: it is made anew. If that does not help, look at the provider with vcp doctor.', cause });
  // Its gateway may have gone: another one is chosen then.
  await electGateway(run, run.vcId, node.networkId);
}

/** Names, applications, onJoin, ready, in this order. */
async function makeUseful(run: OperationRun, nodeId: string, hosts: HostsSync): Promise<void> {
  const { context } = run;
  const address = await addressOf(context, nodeId);
  const [names, apps] = await Promise.allSettled([hosts.write(nodeId, run.signal), ensureApps(run, nodeId, address)]);
  for (const result of [apps, names]) if (result.status === 'rejected') throw result.reason;
  await join(run, nodeId);
  const { node, unit } = await nodeAndUnit(run, nodeId);
  if (unit?.ready !== undefined) {
    run.step('node', node.name, 'waiting until it says ready');
    await untilReady(run, node, address, unit.ready);
  }
}

/** `onJoin` runs once a machine: its id is the node's, so a second start of it meets the first. */
async function join(run: OperationRun, nodeId: string): Promise<void> {
  const { context } = run;
  const { node, unit } = await nodeAndUnit(run, nodeId);
  if (node.joinedAt !== undefined) return;
  if (unit?.onJoin !== undefined) {
    run.step('node', node.name, 'running onJoin');
    await context.persist(async tx => {
      await tx.addJournal({ operation: run.id, resource: nodeId, act: 'on-join', phase: 'intent', detail: {} });
      await changeNode(tx, context, nodeId, current => (current.joinStartedAt === undefined ? { ...current, joinStartedAt: context.clock.now() } : current));
    });
    await runHook(run, { id: `${nodeId}-join`, hook: 'onJoin', script: unit.onJoin, node, address: await addressOf(context, nodeId) });
  }
  await context.persist(async tx => {
    await tx.addJournal({ operation: run.id, resource: nodeId, act: 'on-join', phase: 'done', detail: {} });
    await changeNode(tx, context, nodeId, current => ({ ...current, joinedAt: context.clock.now() }));
  });
}

async function nodeAndUnit(run: OperationRun, nodeId: string): Promise<{ readonly node: Node; readonly unit: { readonly onJoin?: string | undefined; readonly ready?: string | undefined } | undefined }> {
  return run.context.store.read(async reader => {
    const node = await readNode(reader, nodeId);
    return { node, unit: (await reader.vc(node.vcId))?.document.units.find(candidate => candidate.name === node.unit) };
  });
}
