import type { PlanChange } from '@jupyterlab-vcp/sdk/wire';
import { chooseAddress, chooseNetworkCidr } from './address-plan.js';
import type { Network, Node } from './entities.js';
import type { NewNode, UnitDiff } from './plan-unit.js';

export interface NewNetwork { readonly provider: string; readonly region: string; readonly cidr: string }
/** A new node with its place in the network: an existing one by id, or the new one of that provider and region. */
export interface AddressedNode extends NewNode { readonly address: string; readonly networkId?: string | undefined }

export interface NetworksDiff {
  readonly create: readonly NewNetwork[];
  readonly remove: readonly string[];
  readonly nodes: readonly AddressedNode[];
  readonly adds: readonly PlanChange[];
  readonly removals: readonly PlanChange[];
}

export interface NetworkSides { readonly cidr: string; readonly networks: readonly Network[]; readonly nodes: readonly Node[]; readonly diffs: readonly UnitDiff[] }

/** One network a (provider, region) with nodes; it goes with its last node. */
export function planNetworks(sides: NetworkSides): NetworksDiff {
  const living = sides.networks.filter(network => network.state === 'wanted' || network.state === 'ready');
  const taken = sides.networks.filter(network => network.state !== 'deleted').map(network => network.cidr);
  const addresses = new Set(sides.nodes.filter(node => node.state !== 'deleted').map(node => node.address));
  const create = new Map<string, NewNetwork>();
  const nodes: AddressedNode[] = [];
  for (const node of sides.diffs.flatMap(diff => diff.create)) {
    const key = `${node.provider}/${node.region}`;
    const existing = living.find(network => network.provider === node.provider && network.region === node.region);
    const network = existing ?? create.get(key) ?? { provider: node.provider, region: node.region, cidr: chooseNetworkCidr(sides.cidr, [...taken, ...[...create.values()].map(made => made.cidr)]) };
    if (existing === undefined) create.set(key, network);
    const address = chooseAddress(network.cidr, addresses);
    addresses.add(address);
    nodes.push({ ...node, address, networkId: existing?.id });
  }
  const removed = new Set(sides.diffs.flatMap(diff => diff.remove.map(node => node.id)));
  const used = new Set([...sides.nodes.filter(node => node.state !== 'deleted' && !removed.has(node.id)).map(node => node.networkId), ...nodes.map(node => node.networkId)]);
  const unused = living.filter(network => !used.has(network.id));
  return {
    create: [...create.values()], remove: unused.map(network => network.id), nodes,
    adds: [...create.values()].map(network => line('add', network)), removals: unused.map(network => line('remove', network))
  };
}

function line(action: 'add' | 'remove', network: NewNetwork): PlanChange {
  return { action, kind: 'network', name: `${network.cidr} (${network.region})`, detail: `network on ${network.provider}` };
}
