import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { CloudProvider, InventoryItem } from '../domain/index.js';
import { goAway } from './change-nodes.js';
import type { HostsSync } from './hosts-sync.js';
import { unlessAborted } from './limits.js';
import { cloudContext, removeUnusedNetworks } from './networks.js';
import type { OperationRun } from './operation-run.js';
import { retrying } from './retry.js';

/** A removal that the cloud shows late is looked for this often. */
const MOST_LOOKS = 5;

/**
 * Removes everything of a virtual cloud, then asks each of its providers whether anything is left.
 * onLeave scripts are not run: there is nobody left to hand work over to.
 */
export async function deleteEverything(run: OperationRun, hosts: HostsSync): Promise<void> {
  const nodes = await run.context.store.read(reader => reader.nodes(run.vcId));
  const gone = await Promise.all(nodes.map(node => goAway(run, node.id, hosts, false)));
  if (run.signal.aborted || !gone.every(Boolean)) return;
  const providers = await providersEverUsed(run);
  try {
    // Machines that we do not know would keep their networks from going.
    for (const provider of providers) await removeLeftovers(run, provider, item => item.owner.nodeId !== undefined);
    await removeUnusedNetworks(run);
    for (const provider of providers) await removeLeftovers(run, provider, () => true);
  } catch (error) {
    if (run.signal.aborted) return;
    run.failed('network', providers.map(provider => provider.name).join(', '), error, true);
  }
}

/** Every provider that any revision of the document named, and that still is in the catalog. */
async function providersEverUsed(run: OperationRun): Promise<readonly CloudProvider[]> {
  const { store, catalog } = run.context;
  const used = await store.read(async reader => new Set([
    ...(await reader.networks(run.vcId)).map(network => network.provider),
    ...(await reader.revisions(run.vcId, 0)).flatMap(revision => revision.document.units.map(unit => unit.provider))
  ]));
  return catalog.list().filter(provider => used.has(provider.name));
}

/** Absence is believed only after the provider's window, and looked for by ownership, not by what we remember. */
async function removeLeftovers(run: OperationRun, provider: CloudProvider, which: (item: InventoryItem) => boolean): Promise<void> {
  const { context } = run;
  const windowMs = provider.capabilities.consistencyWindowMs;
  for (let look = 1; look <= MOST_LOOKS; look += 1) {
    if (windowMs > 0) await context.clock.sleep(windowMs, run.signal);
    const left = await retrying({ context, provider, signal: run.signal, onWait: (phase, failure) => run.waits('network', provider.name, phase, failure) }, async () => {
      const items = await unlessAborted(provider.inventory(context.store.installation, cloudContext(run)), run.signal);
      return items.filter(item => item.owner.vcId === run.vcId && item.kind !== 'image' && which(item));
    });
    if (left.length === 0) return;
    run.log('warning', `${left.length} ${left.length === 1 ? 'resource was' : 'resources were'} left on ${provider.title} and ${left.length === 1 ? 'is' : 'are'} removed: ${left.map(item => item.name).slice(0, 5).join(', ')}.`);
    await destroyItems(run, provider, left);
  }
  throw new VcpError('provider_failed', `${provider.title} still shows resources of ${run.operation.vc} after they were removed.`, { hint: 'Delete the virtual cloud again in a few minutes.' });
}

/** Machines before the networks that they are in. */
export async function destroyItems(run: Pick<OperationRun, 'context' | 'signal' | 'id'>, provider: CloudProvider, items: readonly InventoryItem[]): Promise<void> {
  const { context, signal } = run;
  const cloud = { signal, progress: () => undefined };
  const nodes = new Map(items.filter(item => item.owner.nodeId !== undefined).map(item => [item.owner.nodeId!, item.owner]));
  await Promise.all([...nodes.values()].map(owner => unlessAborted(provider.deleteNode({ installation: context.store.installation, vcId: owner.vcId ?? '', networkId: owner.networkId ?? '', nodeId: owner.nodeId, operation: owner.operation ?? run.id }, cloud), signal)));
  for (const network of items.filter(item => item.kind === 'network')) await unlessAborted(provider.deleteNetwork(network.cloudId, cloud), signal);
}
