import { isPresent, moveNode, mustBeMadeAnew, reachOf, type CloudProvider, type CreatedNode, type Network, type Node } from '../domain/index.js';
import { hostsOf } from './hosts-sync.js';
import { unlessAborted } from './limits.js';
import { cloudContext, ensureNetwork } from './networks.js';
import { changeNode, ownershipOf, readNode } from './node-rows.js';
import type { OperationRun } from './operation-run.js';

/**
 * Makes, starts or adopts the machine of a node. Safe to repeat: what exists under the node's ids is taken over.
 * @returns the node as it is then
 */
export async function makeMachine(run: OperationRun, nodeId: string): Promise<Node> {
  const { context } = run;
  const node = await context.store.read(reader => readNode(reader, nodeId));
  const provider = context.catalog.get(node.provider);
  const [network] = await Promise.all([ensureNetwork(run, node.networkId), prepare(run, provider)]);
  const spoilt = run.clearFirst.delete(nodeId) || node.state === 'error' || node.state === 'needs-attention';
  if (spoilt && mustBeMadeAnew(node)) await clearAway(run, provider, node);
  await createNode(run, provider, network, nodeId);
  return context.store.read(reader => readNode(reader, nodeId));
}

/** What has to be there before a first node; operations at the same time share it. */
async function prepare(run: OperationRun, provider: CloudProvider): Promise<void> {
  const name = `base image of ${provider.name}`;
  let told = false;
  await run.once(`prepare/${provider.name}`, () => unlessAborted(provider.prepare(cloudContext(run, message => {
    told = true;
    run.step('image', name, message);
  })), run.signal));
  if (told) run.done('image', name, 'ready');
}

/** A machine that never came to work is not built upon. */
async function clearAway(run: OperationRun, provider: CloudProvider, node: Node): Promise<void> {
  const { context } = run;
  run.step('node', node.name, 'clearing away');
  await run.act({ resource: node.id, act: 'clear-node' }, {
    perform: () => context.limiter(provider.name).run(run.signal, () => unlessAborted(provider.deleteNode(ownershipOf(context, node, run.id), cloudContext(run)), run.signal)),
    outcome: async tx => {
      await changeNode(tx, context, node.id, current => moveNode(current, 'booting', freshMachine({ cloudId: undefined, hostKey: undefined })));
    }
  });
  context.shell.drop(node.id);
}

async function createNode(run: OperationRun, provider: CloudProvider, network: Network, nodeId: string): Promise<void> {
  const { context } = run;
  // Read again: the network may have been given other addresses meanwhile.
  const { node, hosts } = await context.store.read(async reader => {
    const found = await readNode(reader, nodeId);
    return { node: found, hosts: hostsOf((await reader.nodes(found.vcId)).filter(other => other.networkId === found.networkId)) };
  });
  run.step('node', node.name, 'making');
  const request = {
    ownership: ownershipOf(context, node, run.id), vcName: run.operation.vc, nodeName: node.name, region: node.region, networkCloudId: network.cloudId!,
    address: node.address, spec: node.spec, authorizedKeys: [context.shell.publicKey, ...node.spec.publicKeys], hosts
  };
  const created = await run.act({ resource: node.id, act: 'create-node', detail: { name: node.name, address: node.address } }, {
    before: async tx => {
      await changeNode(tx, context, nodeId, current => (current.state === 'booting' ? current : moveNode(current, 'booting')));
    },
    perform: () => context.limiter(provider.name).run(run.signal, () => unlessAborted(provider.createNode(request, cloudContext(run, message => run.step('node', node.name, message))), run.signal)),
    outcome: async (tx, machine) => {
      await changeNode(tx, context, nodeId, current => ({ ...current, ...machineChange(current, machine) }));
    }
  });
  if (created.hostKey !== node.hostKey || created.address !== node.address) context.shell.drop(nodeId);
}

/** Another machine than the one that was known has none of its past. */
function machineChange(node: Node, machine: CreatedNode): Partial<Node> {
  const known = { cloudId: machine.cloudId, hostKey: machine.hostKey, address: machine.address };
  return node.cloudId === machine.cloudId && node.hostKey === machine.hostKey ? known : freshMachine(known);
}

function freshMachine<T extends object>(known: T): T & Partial<Node> {
  return { ...known, bootedAt: undefined, joinStartedAt: undefined, joinedAt: undefined, readyAt: undefined, heartbeatAt: undefined, apps: [] };
}

/**
 * In a region behind a gateway the lowest number serves, so the others wait until it is known whether its machine came up.
 * Whoever is gateway already goes on serving.
 */
export async function waitForGateway(run: OperationRun, node: Node): Promise<void> {
  const { context } = run;
  if (reachOf(context.catalog.get(node.provider), node.region) === 'direct') return;
  const { gateway, nodes } = await context.store.read(async reader => ({
    gateway: (await reader.networks(node.vcId)).find(network => network.id === node.networkId)?.gatewayNodeId,
    nodes: (await reader.nodes(node.vcId)).filter(other => other.networkId === node.networkId && isPresent(other))
  }));
  if (gateway !== undefined && nodes.some(other => other.id === gateway && other.state === 'running')) return;
  for (const other of [...nodes].sort((a, b) => a.number - b.number || (a.unit < b.unit ? -1 : 1))) {
    if (other.id === node.id) return;
    if ((await run.made.get(other.id)) === true) return;
  }
}
