import { isVcpError, toVcpError, VcpError, type Size } from '@jupyterlab-vcp/sdk/wire';
import { nearest } from '@jupyterlab-vcp/sdk/wire';
import type { CloudProvider, ProviderCatalog } from '../../src/domain/index.js';
import type { CloudWorld } from './cloud-world.js';

const SIZES: Readonly<Record<string, Size>> = {
  small: { cpu: 1, memoryGiB: 1, gpu: 0, diskGiB: null }, medium: { cpu: 2, memoryGiB: 4, gpu: 0, diskGiB: null }, large: { cpu: 4, memoryGiB: 8, gpu: 0, diskGiB: null }
};
const yes = { supported: true } as const;

/** A cloud in memory that keeps every promise of the port. Two regions: `one` direct, `two` behind a gateway. */
export function providerDouble(world: CloudWorld, name = 'local', options: { readonly nodes?: number } = {}): CloudProvider {
  return {
    name, title: `Cloud ${name}`, api: 'double',
    regions: [{ name: 'one', title: 'One', reach: 'direct' }, { name: 'two', title: 'Two', reach: 'gateway' }],
    flavors: Object.entries(SIZES).map(([flavor, size]) => ({ name: flavor, size, price: priceOf(size), override: {} })),
    capabilities: { fixedAddress: yes, power: yes, disks: yes, tags: yes, gpu: yes, diskSize: yes, tagAtCreate: { network: true, node: true, volume: true, image: true }, consistencyWindowMs: 0 },
    specSchema: {},
    health: async () => (world.available ? { available: true } : { available: false, reason: 'it is switched off', hint: 'Switch it on.' }),
    resolve: (flavor, override) => {
      const unknown = Object.keys(override).find(key => key !== 'cpu');
      if (unknown !== undefined) throw new VcpError('invalid_request', `“${unknown}” is not known.`);
      const size = typeof flavor === 'string' ? SIZES[flavor] : { ...SIZES['small']!, ...flavor };
      if (size === undefined) throw new VcpError('invalid_request', `no flavor ${String(flavor)}`);
      const own = { ...size, ...(typeof override['cpu'] === 'number' ? { cpu: override['cpu'] } : {}) };
      return { flavor: typeof flavor === 'string' ? flavor : 'custom', size: own, override, price: priceOf(own) };
    },
    quota: async () => [{ resource: 'nodes', limit: options.nodes ?? null, used: world.machines.size }],
    prepare: async () => { await world.enter('prepare', name); },
    ensureNetwork: async ({ ownership, region, cidr }) => {
      await world.enter('ensureNetwork', ownership.networkId);
      const known = [...world.networks.values()].find(network => network.owner.networkId === ownership.networkId);
      const network = known ?? { owner: ownership, cloudId: world.nextId('net-'), cidr, region };
      world.networks.set(network.cloudId, network);
      world.leave('ensureNetwork', ownership.networkId);
      return { cloudId: network.cloudId };
    },
    setGateway: async (cloudId, gateway) => {
      await world.enter('setGateway', gateway?.address ?? 'none');
      const network = world.networks.get(cloudId);
      if (network === undefined) throw new VcpError('not_found', `no network ${cloudId}`);
      network.gateway = gateway?.address;
    },
    deleteNetwork: async cloudId => {
      await world.enter('deleteNetwork', cloudId);
      if ([...world.machines.values()].some(machine => machine.networkCloudId === cloudId)) throw new VcpError('provider_failed', 'the network is in use');
      world.networks.delete(cloudId);
      world.leave('deleteNetwork', cloudId);
    },
    createNode: async request => {
      await world.enter('createNode', request.nodeName);
      if (!world.networks.has(request.networkCloudId)) throw new VcpError('provider_failed', `no network ${request.networkCloudId}`);
      const clash = world.machineNamed(request.address);
      if (clash !== undefined && clash.owner.nodeId !== request.ownership.nodeId) throw new VcpError('provider_failed', `${request.address} is taken`);
      const known = world.machineOf(request.ownership.nodeId!);
      const cloudId = known?.cloudId ?? world.nextId('m-');
      const machine = known ?? {
        owner: request.ownership, cloudId, hostKey: `ssh-ed25519 ${cloudId}`, address: request.address, networkCloudId: request.networkCloudId, state: 'running', createdAt: world.now(), execs: new Map(), apps: new Map(), hosts: request.hosts
      };
      machine.state = 'running';
      world.machines.set(cloudId, machine);
      world.leave('createNode', request.nodeName);
      return { cloudId, address: machine.address, hostKey: machine.hostKey };
    },
    deleteNode: async ownership => {
      await world.enter('deleteNode', ownership.nodeId ?? '');
      const machine = world.machineOf(ownership.nodeId!);
      if (machine !== undefined) world.machines.delete(machine.cloudId);
      world.leave('deleteNode', ownership.nodeId ?? '');
    },
    inventory: async installation => {
      await world.enter('inventory', name);
      return world.inventory().filter(item => item.owner.installation === installation);
    },
    classify: error => ({ error: toVcpError(error), retryable: isVcpError(error) && (error.code === 'provider_unavailable' || error.code === 'rate_limited') })
  };
}

function priceOf(size: Size): { readonly perHour: number; readonly currency: string; readonly asOf: string } {
  return { perHour: size.cpu * 0.1, currency: 'USD', asOf: '2026-11-01' };
}

export function catalogOf(...providers: readonly CloudProvider[]): ProviderCatalog {
  return {
    list: () => providers,
    get: name => {
      const found = providers.find(provider => provider.name === name);
      if (found !== undefined) return found;
      const near = nearest(name, providers.map(provider => provider.name));
      throw new VcpError('not_found', `There is no provider “${name}”.`, near === undefined ? {} : { hint: `Did you mean “${near}”?` });
    }
  };
}
