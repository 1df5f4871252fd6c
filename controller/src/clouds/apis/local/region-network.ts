import { networkInterfaces } from 'node:os';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type Docker from 'dockerode';
import { overlaps, type NetworkRequest } from '../../../domain/index.js';
import { classifyDockerError, isGone, statusOf } from './docker-errors.js';
import { bridgeName, decodeOwner, encodeOwner, ownerLabels, sameOwner } from './owner-names.js';

const BRIDGE_OPTION = 'com.docker.network.bridge.name';
const REGION_LABEL = 'vcp.region';
const CLOUD_LABEL = 'vcp.cloud';

/** A network as far as this driver needs it. */
export interface RegionNetwork { readonly id: string; readonly name: string; readonly cidr: string; readonly bridge: string; readonly region: string }

/** The network of one region of a virtual cloud; an existing one with the same owner is taken over. */
export async function ensureRegionNetwork(docker: Docker, request: NetworkRequest): Promise<RegionNetwork> {
  const name = encodeOwner({ ...request.ownership, nodeId: undefined });
  const existing = (await docker.listNetworks({ filters: { name: [name] } })).find(network => network.Name === name);
  if (existing !== undefined) return adopt(await docker.getNetwork(existing.Id).inspect(), request);
  refuseOwnAddresses(request.cidr);
  try {
    const created = await docker.createNetwork({
      Name: name, Driver: 'bridge', CheckDuplicate: true, EnableIPv6: false,
      IPAM: { Driver: 'default', Config: [{ Subnet: request.cidr }] },
      Options: { [BRIDGE_OPTION]: bridgeName(request.ownership) },
      Labels: { ...ownerLabels({ ...request.ownership, nodeId: undefined }), [REGION_LABEL]: request.region, [CLOUD_LABEL]: request.vcName }
    });
    return { id: created.id, name, cidr: request.cidr, bridge: bridgeName(request.ownership), region: request.region };
  } catch (error) {
    if (statusOf(error) === 409) {
      const winner = (await docker.listNetworks({ filters: { name: [name] } })).find(network => network.Name === name);
      if (winner !== undefined) return adopt(await docker.getNetwork(winner.Id).inspect(), request);
    }
    throw await explainOverlap(docker, request.cidr, error);
  }
}

function adopt(network: Docker.NetworkInspectInfo, request: NetworkRequest): RegionNetwork {
  const found = describe(network);
  const same = sameOwner(decodeOwner(network.Name, network.Labels), { ...request.ownership, nodeId: undefined });
  if (same && found.cidr === request.cidr) return found;
  throw new VcpError('conflict', same ? `The network of ${request.vcName} exists with the range ${found.cidr}, not ${request.cidr}.` : `The network ${network.Name} exists and is not ours.`, { hint: `Remove it, then retry: docker network rm ${network.Name}` });
}

/** @returns undefined when the network is gone. */
export async function findRegionNetwork(docker: Docker, cloudId: string): Promise<RegionNetwork | undefined> {
  try {
    return describe(await docker.getNetwork(cloudId).inspect());
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

export async function removeRegionNetwork(docker: Docker, cloudId: string): Promise<void> {
  try {
    await docker.getNetwork(cloudId).remove();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function describe(network: Docker.NetworkInspectInfo): RegionNetwork {
  return {
    id: network.Id, name: network.Name, cidr: network.IPAM?.Config?.[0]?.Subnet ?? '',
    bridge: network.Options?.[BRIDGE_OPTION] ?? `br-${network.Id.slice(0, 12)}`, region: network.Labels?.[REGION_LABEL] ?? ''
  };
}

/** A network over the range that this computer itself is on would cut it off. */
function refuseOwnAddresses(cidr: string): void {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    const own = addresses?.find(address => address.family === 'IPv4' && address.cidr !== null && overlaps(address.cidr, cidr));
    if (own !== undefined) throw new VcpError('conflict', `The range ${cidr} overlaps with ${own.cidr}, on which this computer itself is (${name}).`, { hint: 'Give the virtual cloud another range with network.cidr.' });
  }
}

/** The engine says that ranges overlap, but not with what. */
async function explainOverlap(docker: Docker, cidr: string, error: unknown): Promise<unknown> {
  const { error: classified } = classifyDockerError(error);
  if (classified.code !== 'conflict') return error;
  const others = (await docker.listNetworks()).filter(network => network.IPAM?.Config?.some(config => config.Subnet !== undefined && /^[\d.]+\/\d+$/.test(config.Subnet) && overlaps(config.Subnet, cidr)));
  if (others.length === 0) return error;
  const names = others.map(network => `${network.Name} (${network.IPAM?.Config?.[0]?.Subnet ?? '?'})`).join(', ');
  return new VcpError('conflict', `The range ${cidr} overlaps with networks of the Docker engine: ${names}.`, { hint: 'Give the virtual cloud another range with network.cidr, or remove the other network.', cause: error });
}
