import { addressAmong, noSuch, reachOf, type CloudProvider, type Node, type NodeAddress, type Ownership, type StoreReader, type StoreWriter } from '../domain/index.js';
import type { Context } from './context.js';
import { putNode } from './vc-rows.js';

/** @throws VcpError not_found. */
export async function readNode(reader: StoreReader, id: string): Promise<Node> {
  const node = await reader.node(id);
  if (node === undefined) throw noSuch('node', id);
  return node;
}

/** Changes a node's row inside a transaction; `change` sees the row as it is then. */
export async function changeNode(tx: StoreWriter, context: Context, id: string, change: (node: Node) => Node): Promise<Node> {
  const before = await readNode(tx, id);
  const after = change(before);
  if (after !== before) await putNode(tx, after, context.catalog);
  return after;
}

/** Where the node is reached now. @throws VcpError node_unreachable. */
export async function addressOf(context: Context, nodeId: string): Promise<NodeAddress> {
  return context.store.read(async reader => {
    const node = await readNode(reader, nodeId);
    return addressAmong(node, reachOf(context.catalog.get(node.provider), node.region), await reader.networks(node.vcId), await reader.nodes(node.vcId));
  });
}

export function ownershipOf(context: Context, node: Pick<Node, 'vcId' | 'networkId' | 'id'>, operation: string): Ownership {
  return { installation: context.store.installation, vcId: node.vcId, networkId: node.networkId, nodeId: node.id, operation };
}

/** What the cloud says of a node's machine. @throws what the provider throws when it cannot be asked. */
export async function machineState(context: Context, provider: CloudProvider, nodeId: string, signal: AbortSignal): Promise<'creating' | 'running' | 'stopped' | 'other' | 'gone'> {
  const items = await provider.inventory(context.store.installation, { signal, progress: () => undefined });
  return items.find(item => item.kind === 'node' && item.owner.nodeId === nodeId)?.state ?? 'gone';
}
