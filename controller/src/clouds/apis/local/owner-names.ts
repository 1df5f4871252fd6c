import { createHash } from 'node:crypto';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { Ownership } from '../../../domain/index.js';

/**
 * Whose a resource is stands in its name and in its labels. Names hold what never changes (not the operation), so that
 * a second attempt meets the first one's resource: `vcp-INSTALLATION.VC.NETWORK` and `vcp-INSTALLATION.VC.NETWORK.NODE`.
 * A dot is legal in Docker's names and never part of an id.
 */
const PREFIX = 'vcp-';
const ID = /^[a-z0-9][a-z0-9-]*$/;
/** Linux gives a network interface 15 characters. */
const BRIDGE_HASH_LENGTH = 11;

export const LABELS = {
  installation: 'vcp.installation', vcId: 'vcp.vc-id', networkId: 'vcp.network-id', nodeId: 'vcp.node-id', operation: 'vcp.operation'
} as const satisfies Record<keyof Ownership, string>;

export const HELPER_LABEL = 'vcp.helper';

/** Name of the network, or (with a node) of the node's container and of its volume. @throws VcpError internal for an illegal id. */
export function encodeOwner(owner: Pick<Ownership, 'installation' | 'vcId' | 'networkId' | 'nodeId'>): string {
  const ids = [owner.installation, owner.vcId, owner.networkId, ...(owner.nodeId === undefined ? [] : [owner.nodeId])];
  const illegal = ids.find(id => !ID.test(id));
  if (illegal !== undefined) throw new VcpError('internal', `“${illegal}” cannot be part of a resource's name.`);
  return PREFIX + ids.join('.');
}

/** The ids in a name (Docker shows containers' names with a leading slash); undefined when the name is not one of ours. */
export function decodeName(name: string): Omit<Ownership, 'operation'> | undefined {
  const bare = name.replace(/^\//, '');
  if (!bare.startsWith(PREFIX)) return undefined;
  const ids = bare.slice(PREFIX.length).split('.');
  if (ids.length < 3 || ids.length > 4 || !ids.every(id => ID.test(id))) return undefined;
  const [installation, vcId, networkId, nodeId] = ids as [string, string, string, string?];
  return { installation, vcId, networkId, ...(nodeId === undefined ? {} : { nodeId }) };
}

export function ownerLabels(owner: Ownership): Record<string, string> {
  return Object.fromEntries(Object.entries(LABELS).flatMap(([key, label]) => {
    const value = owner[key as keyof Ownership];
    return value === undefined ? [] : [[label, value]];
  }));
}

/** Whose a resource is: what the labels say, and the name where they are silent. */
export function decodeOwner(name: string, labels: Readonly<Record<string, string>> | null | undefined): Partial<Ownership> {
  const labelled = Object.fromEntries(Object.entries(LABELS).flatMap(([key, label]) => (labels?.[label] === undefined ? [] : [[key, labels[label]]])));
  return { ...decodeName(name), ...labelled };
}

/** True when both belong to the same installation, virtual cloud, network and node. The operation may differ. */
export function sameOwner(a: Partial<Ownership>, b: Partial<Ownership>): boolean {
  return (['installation', 'vcId', 'networkId', 'nodeId'] as const).every(key => a[key] === b[key]);
}

/** Name of the network's interface on this computer: stable, legal, and its own for each network of each installation. */
export function bridgeName(owner: Pick<Ownership, 'installation' | 'networkId'>): string {
  return PREFIX + createHash('sha256').update(`${owner.installation}.${owner.networkId}`).digest('hex').slice(0, BRIDGE_HASH_LENGTH);
}
