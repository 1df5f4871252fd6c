import { isVcpError } from '@jupyterlab-vcp/sdk/wire';
import { chooseAddress, chooseNetworkCidr, isBroken, isPresent, reachOf, type CloudContext, type CloudProvider, type Network, type Node, type StoreWriter } from '../domain/index.js';
import type { Context } from './context.js';
import { unlessAborted } from './limits.js';
import { putNode } from './vc-rows.js';
import type { OperationRun } from './operation-run.js';
import { retrying } from './retry.js';

/** How many ranges are tried when somebody else's network is in the way. */
const MOST_RANGES = 8;

export function cloudContext(run: Pick<OperationRun, 'signal'>, progress: (message: string) => void = () => undefined): CloudContext {
  return { signal: run.signal, progress };
}

export function networkName(network: Network): string {
  return `${network.cidr} (${network.region})`;
}

/** The network of a node, made or adopted; asked for once an operation. @throws what the provider throws. */
export async function ensureNetwork(run: OperationRun, networkId: string): Promise<Network> {
  return run.once(`network/${networkId}`, () => run.context.networkLocks.run(networkId, async () => {
    for (let attempt = 1; ; attempt += 1) {
      const network = await readNetwork(run.context, run.vcId, networkId);
      try {
        return await makeNetwork(run, network);
      } catch (error) {
        if (!isVcpError(error) || error.code !== 'conflict' || attempt === MOST_RANGES || !(await moveAway(run, network))) throw error;
        run.log('warning', `${error.message} Another range is tried.`);
      }
    }
  }));
}

async function makeNetwork(run: OperationRun, network: Network): Promise<Network> {
  const { context } = run;
  const provider = context.catalog.get(network.provider);
  const name = networkName(network);
  const isNew = network.state === 'wanted';
  if (isNew) run.step('network', name, 'making');
  const ownership = { installation: context.store.installation, vcId: network.vcId, networkId: network.id, operation: run.id };
  const made = await run.act({ resource: network.id, act: 'ensure-network', detail: { cidr: network.cidr, region: network.region } }, {
    perform: () => unlessAborted(provider.ensureNetwork({ ownership, vcName: run.operation.vc, region: network.region, cidr: network.cidr }, cloudContext(run)), run.signal),
    outcome: async (tx, { cloudId }) => {
      const current = (await tx.networks(network.vcId)).find(candidate => candidate.id === network.id) ?? network;
      if (current.state !== 'ready' || current.cloudId !== cloudId) await tx.putNetwork({ ...current, state: 'ready', cloudId });
    }
  });
  if (isNew) run.done('network', name, 'made');
  return { ...network, state: 'ready', cloudId: made.cloudId };
}

/**
 * Gives a network that was never made, and its nodes, other addresses.
 * @returns false when that is not ours to do: the range was asked for, or machines exist in it.
 */
async function moveAway(run: OperationRun, network: Network): Promise<boolean> {
  return run.context.persist(async tx => {
    const vc = await tx.vc(network.vcId);
    const nodes = (await tx.nodes(network.vcId)).filter(node => node.networkId === network.id);
    if (network.state !== 'wanted' || vc === undefined || vc.document.network?.cidr !== undefined || nodes.some(node => node.cloudId !== undefined)) return false;
    const others = (await tx.allNetworks()).filter(other => other.vcId === network.vcId).map(other => other.cidr);
    const tried = await triedRanges(tx, run, network);
    const cidr = chooseNetworkCidr(vc.cidr, [...others, ...tried]);
    const taken = new Set<string>();
    await tx.putNetwork({ ...network, cidr });
    for (const node of nodes) {
      const address = chooseAddress(cidr, taken);
      taken.add(address);
      await putNode(tx, { ...node, address }, run.context.catalog);
    }
    return true;
  });
}

async function triedRanges(tx: StoreWriter, run: OperationRun, network: Network): Promise<readonly string[]> {
  const entries = (await tx.journal(run.id)).filter(entry => entry.resource === network.id && entry.act === 'ensure-network' && entry.phase === 'intent');
  return entries.map(entry => String(entry.detail['cidr']));
}

async function readNetwork(context: Context, vcId: string, networkId: string): Promise<Network> {
  const network = await context.store.read(async reader => (await reader.networks(vcId)).find(candidate => candidate.id === networkId));
  if (network === undefined) throw new Error(`network ${networkId} has no row`);
  return network;
}

/** Who hands gateways over: an operation, or the watch when a gateway died. */
export type GatewayRun = Pick<OperationRun, 'context' | 'signal' | 'act' | 'gateways'>;

/**
 * The gateway of a `gateway` region: the lowest-numbered node whose machine exists and is not broken. One that
 * serves stays. `leaving` nodes are handed over from. Nothing happens in a `direct` region.
 * @returns the gateway's id, undefined where there is none
 */
export async function electGateway(run: GatewayRun, vcId: string, networkId: string, leaving: ReadonlySet<string> = new Set()): Promise<string | undefined> {
  const { context } = run;
  return context.networkLocks.run(`${networkId}/gateway`, async () => {
    const network = await readNetwork(context, vcId, networkId);
    const provider = context.catalog.get(network.provider);
    if (reachOf(provider, network.region) === 'direct') return undefined;
    const nodes = await context.store.read(reader => reader.nodes(network.vcId));
    const next = pickGateway(network, nodes.filter(node => node.networkId === networkId), leaving);
    // Told once an operation also when it stays: the rule in the cloud may have been lost with us.
    if (!run.gateways.has(networkId) || run.gateways.get(networkId) !== next?.id) await setGateway(run, provider, network, next);
    run.gateways.set(networkId, next?.id);
    return next?.id;
  });
}

export function pickGateway(network: Pick<Network, 'gatewayNodeId'>, nodes: readonly Node[], leaving: ReadonlySet<string>): Node | undefined {
  const able = nodes.filter(node => isPresent(node) && !isBroken(node) && !leaving.has(node.id) && node.hostKey !== undefined);
  const serving = able.find(node => node.id === network.gatewayNodeId);
  return serving ?? [...able].sort((a, b) => a.number - b.number || (a.unit < b.unit ? -1 : 1))[0];
}

async function setGateway(run: GatewayRun, provider: CloudProvider, network: Network, gateway: Node | undefined): Promise<void> {
  const { context } = run;
  if (network.cloudId === undefined) return;
  await run.act({ resource: network.id, act: 'set-gateway', detail: { node: gateway?.id ?? null } }, {
    perform: () => unlessAborted(provider.setGateway(network.cloudId!, gateway === undefined ? undefined : { address: gateway.address }, cloudContext(run)), run.signal),
    outcome: async tx => {
      const current = (await tx.networks(network.vcId)).find(candidate => candidate.id === network.id);
      if (current === undefined || current.gatewayNodeId === gateway?.id) return;
      await tx.putNetwork({ ...current, gatewayNodeId: gateway?.id });
      for (const node of await tx.nodes(network.vcId)) {
        // Their views say which of them is the gateway.
        if (node.id === gateway?.id || node.id === current.gatewayNodeId) await putNode(tx, node, context.catalog);
      }
    }
  });
  if (network.gatewayNodeId === gateway?.id) return;
  const others = await context.store.read(reader => reader.nodes(network.vcId));
  for (const node of others) if (node.networkId === network.id && node.id !== gateway?.id) context.shell.drop(node.id);
}

/** Removes networks of the virtual cloud that no node is in any more. */
export async function removeUnusedNetworks(run: OperationRun): Promise<void> {
  const { context } = run;
  const unused = await context.persist(async tx => {
    const used = new Set((await tx.nodes(run.vcId)).map(node => node.networkId));
    const found = (await tx.networks(run.vcId)).filter(network => !used.has(network.id));
    // No operation puts nodes into a network that is on its way out: a new one is planned then.
    for (const network of found) if (network.state !== 'deleting') await tx.putNetwork({ ...network, state: 'deleting' });
    return found;
  });
  await Promise.all(unused.map(network => deleteNetwork(run, network)));
}

async function deleteNetwork(run: OperationRun, network: Network): Promise<void> {
  const { context } = run;
  const name = networkName(network);
  run.step('network', name, 'removing');
  const provider = context.catalog.get(network.provider);
  const began = context.clock.now();
  await retrying({ context, provider, signal: run.signal, onWait: (phase, failure) => run.waits('network', name, phase, failure) }, () => run.act({ resource: network.id, act: 'delete-network' }, {
    perform: async () => {
      const cloudId = network.cloudId ?? (await findNetwork(run, provider, network.id));
      if (cloudId !== undefined) await unlessAborted(provider.deleteNetwork(cloudId, cloudContext(run)), run.signal);
    },
    outcome: async tx => tx.putNetwork({ ...network, state: 'deleted' })
  }));
  run.addNetworkMs(context.clock.now() - began);
  run.done('network', name, 'removed');
}

/** A network whose making was cut off may exist without our knowing its id. */
async function findNetwork(run: OperationRun, provider: CloudProvider, networkId: string): Promise<string | undefined> {
  const items = await unlessAborted(provider.inventory(run.context.store.installation, cloudContext(run)), run.signal);
  return items.find(item => item.kind === 'network' && item.owner.networkId === networkId)?.cloudId;
}
