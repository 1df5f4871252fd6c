import type Docker from 'dockerode';
import type { InventoryItem } from '../../../domain/index.js';
import { decodeOwner } from './owner-names.js';

/** Every network, container and volume of the installation: by its label, and by its name where the labels are lost. */
export async function listInventory(docker: Docker, installation: string, abortSignal: AbortSignal): Promise<readonly InventoryItem[]> {
  const [networks, containers, volumes] = await Promise.all([
    docker.listNetworks({ abortSignal }),
    docker.listContainers({ all: true, abortSignal }),
    docker.listVolumes({ abortSignal })
  ]);
  return [
    ...networks.map((network): InventoryItem => ({
      kind: 'network', cloudId: network.Id, name: network.Name, owner: decodeOwner(network.Name, network.Labels),
      state: 'running', createdAt: Date.parse(network.Created), billable: false
    })),
    ...containers.map((container): InventoryItem => {
      const name = (container.Names[0] ?? '').replace(/^\//, '');
      const endpoint = Object.values(container.NetworkSettings?.Networks ?? {})[0];
      return {
        kind: 'node', cloudId: container.Id, name, owner: decodeOwner(name, container.Labels), state: stateOf(container.State),
        address: endpoint?.IPAMConfig?.IPv4Address ?? (endpoint?.IPAddress || undefined), createdAt: container.Created * 1000, billable: false
      };
    }),
    ...(volumes.Volumes ?? []).map((volume): InventoryItem => ({
      kind: 'volume', cloudId: volume.Name, name: volume.Name, owner: decodeOwner(volume.Name, volume.Labels),
      state: 'running', createdAt: Date.parse((volume as { readonly CreatedAt?: string }).CreatedAt ?? '') || 0, billable: false
    }))
  ].filter(item => item.owner.installation === installation);
}

function stateOf(state: string): InventoryItem['state'] {
  switch (state) {
    case 'created': case 'restarting': return 'creating';
    case 'running': return 'running';
    case 'exited': case 'paused': return 'stopped';
    default: return 'other';
  }
}
