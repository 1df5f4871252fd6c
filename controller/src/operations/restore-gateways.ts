import { reachOf, type CloudProvider, type Network } from '../domain/index.js';
import type { Context } from './context.js';
import { withTimeLimit } from './limits.js';
import { providerLookup, vcClaim } from './vc-rows.js';
import { retrying } from './retry.js';

const LONGEST_ANSWER_MS = 60_000;

/**
 * Tells the provider once the gateway of every region behind one: what closes such a network may be gone since this
 * controller ran last (a packet filter forgets at a reboot). A failure is logged; the network's next operation tells it again.
 */
export async function restoreGateways(context: Context): Promise<void> {
  const lookUp = providerLookup(context.catalog);
  const networks = await context.store.read(reader => reader.allNetworks());
  await Promise.all(networks.map(async network => {
    const provider = lookUp(network.provider);
    if (provider === undefined || network.cloudId === undefined || reachOf(provider, network.region) === 'direct') return;
    try {
      await retrying({ context, provider, signal: context.stopping, onWait: () => undefined }, () => tellGateway(context, provider, network));
    } catch (error) {
      if (!context.stopping.aborted) context.log.warn({ err: error, network: network.id, region: network.region }, 'the gateway of a network could not be set again');
    }
  }));
}

/** By the rows as they are then: an operation may have chosen another gateway, or be removing the network. */
async function tellGateway(context: Context, provider: CloudProvider, { id, vcId, region }: Network): Promise<void> {
  const { clock, stopping: signal } = context;
  await context.networkLocks.run(`${id}/gateway`, async () => {
    const found = await context.store.read(async reader => ({
      network: (await reader.networks(vcId)).find(network => network.id === id), nodes: await reader.nodes(vcId),
      isDeleted: (await reader.claims()).some(claim => claim.resource === vcClaim(vcId))
    }));
    const cloudId = found.network?.cloudId;
    if (cloudId === undefined || found.network?.state !== 'ready' || found.isDeleted) return;
    const gateway = found.nodes.find(node => node.id === found.network?.gatewayNodeId);
    await withTimeLimit({ ms: LONGEST_ANSWER_MS, what: `Setting the gateway of region ${region}`, signal, clock }, inner => provider.setGateway(cloudId, gateway === undefined ? undefined : { address: gateway.address }, { signal: inner, progress: () => undefined }));
  });
}
