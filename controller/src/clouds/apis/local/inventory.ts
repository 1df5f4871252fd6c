import type Docker from 'dockerode';
import type { InventoryItem } from '../../../domain/index.js';
import { decodeOwner, LABELS } from './owner-names.js';

/** Every network, container and volume that carries the installation's label. */
export async function listInventory(docker: Docker, installation: string, abortSignal: AbortSignal): Promise<readonly InventoryItem[]> {
  const filters = { label: [`${LABELS.installation}=${installation}`] };
  const [networks, containers, volumes] = await Promise.all([
    docker.listNetworks({ filters, abortSignal }),
    docker.listContainers({ all: true, filters, abortSignal }),
    docker.listVolumes({ filters, abortSignal })
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
  ];
}

function stateOf(state: string): InventoryItem['state'] {
  switch (state) {
    case 'created': case 'restarting': return 'creating';
    case 'running': return 'running';
    case 'exited': case 'paused': return 'stopped';
    default: return 'other';
  }
}
