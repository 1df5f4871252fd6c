import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { Network, Node } from './entities.js';
import type { NodeAddress } from './ports.js';

/**
 * How the controller reaches a node: directly, or through the gateway of its region.
 * @param reach what the catalog says of the node's region
 * @throws VcpError node_unreachable when the node, or its gateway, was never seen.
 */
export function nodeAddress(node: Node, reach: 'direct' | 'gateway', network: Pick<Network, 'gatewayNodeId'> | undefined, gateway: Node | undefined): NodeAddress {
  if (node.hostKey === undefined) throw new VcpError('node_unreachable', `Node ${node.name} has no host key yet: it is ${node.state}.`, { hint: 'Wait until it runs.' });
  const own = { nodeId: node.id, name: node.name, vcId: node.vcId, address: node.address, hostKey: node.hostKey };
  if (reach === 'direct' || network?.gatewayNodeId === node.id) return own;
  if (gateway?.hostKey === undefined) throw new VcpError('node_unreachable', `Node ${node.name} is reached through a gateway, and region ${node.region} has none now.`, { hint: 'Apply the configuration again: a running node of the region becomes the gateway.' });
  return { ...own, jump: { nodeId: gateway.id, address: gateway.address, hostKey: gateway.hostKey } };
}

/** What `nodeAddress` needs, found among the rows of the virtual cloud. */
export function addressAmong(node: Node, reach: 'direct' | 'gateway', networks: readonly Network[], nodes: readonly Node[]): NodeAddress {
  const network = networks.find(candidate => candidate.id === node.networkId);
  return nodeAddress(node, reach, network, nodes.find(candidate => candidate.id === network?.gatewayNodeId));
}
