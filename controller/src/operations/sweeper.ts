import type { CloudProvider, InventoryItem, StoreReader } from '../domain/index.js';
import type { Context } from './context.js';
import { destroyItems } from './delete-vc.js';
import { withTimeLimit } from './limits.js';

const INVENTORY_ANSWER_MS = 30_000;

/** A resource of this installation that no row knows. */
export interface Orphan extends InventoryItem { readonly provider: string }

type Verdict = 'known' | 'late' | 'unknown';

/**
 * Compares what the clouds hold of this installation with what is known. What belongs to something that was deleted here
 * is destroyed; what nobody knows is shown, never touched.
 */
export class Sweeper {
  readonly #context: Context;
  #orphans: readonly Orphan[] = [];

  constructor(context: Context) {
    this.#context = context;
  }

  /** As of the last sweep. */
  orphans(): readonly Orphan[] {
    return this.#orphans;
  }

  async round(): Promise<void> {
    const { catalog, stopping } = this.#context;
    const found: Orphan[] = [];
    for (const provider of catalog.list()) {
      if (stopping.aborted) return;
      const before = this.#orphans.filter(orphan => orphan.provider === provider.name);
      found.push(...((await this.#sweep(provider)) ?? before));
    }
    const known = new Set(this.#orphans.map(keyOf));
    const news = found.filter(orphan => !known.has(keyOf(orphan)));
    this.#orphans = found;
    if (news.length > 0) await this.#tell(news);
    await this.#context.persist(tx => tx.prune(this.#context.clock.now() - this.#context.settings.eventsKeptMs));
  }

  /** @returns undefined when the provider does not answer. */
  async #sweep(provider: CloudProvider): Promise<readonly Orphan[] | undefined> {
    const { store, clock, stopping, settings, log } = this.#context;
    try {
      const items = await withTimeLimit({ ms: INVENTORY_ANSWER_MS, what: `Asking ${provider.title}`, signal: stopping, clock }, signal => provider.inventory(store.installation, { signal, progress: () => undefined }));
      const judged = await store.read(async reader => Promise.all(items.filter(item => item.kind !== 'image').map(async item => ({ item, verdict: await verdictOn(reader, item) }))));
      const late = judged.filter(entry => entry.verdict === 'late').map(entry => entry.item);
      if (late.length > 0) {
        log.warn({ provider: provider.name, resources: late.map(item => item.name) }, 'resources of what was deleted showed up late and are removed');
        await destroyItems({ context: this.#context, signal: stopping, id: 'sweep' }, provider, late);
      }
      return judged.filter(entry => entry.verdict === 'unknown' && clock.now() - entry.item.createdAt >= settings.graceMs).map(({ item }) => ({ ...item, provider: provider.name }));
    } catch (error) {
      if (!stopping.aborted) log.debug({ err: error, provider: provider.name }, 'a provider could not be swept');
      return undefined;
    }
  }

  async #tell(news: readonly Orphan[]): Promise<void> {
    const { log } = this.#context;
    const message = `${news.length} ${news.length === 1 ? 'resource' : 'resources'} of this installation ${news.length === 1 ? 'is' : 'are'} known to nobody: ${news.map(orphan => orphan.name).slice(0, 5).join(', ')}.`;
    log.warn({ orphans: news.map(({ provider, kind, cloudId, name }) => ({ provider, kind, cloudId, name })) }, message);
    await this.#context.persist(tx => tx.addEvent({ type: 'operation.log', data: { level: 'warning', message, orphans: news.map(({ provider, kind, cloudId, name }) => ({ provider, kind, cloudId, name })) } }));
  }
}

async function verdictOn(reader: StoreReader, item: InventoryItem): Promise<Verdict> {
  const { vcId, nodeId, networkId } = item.owner;
  const vc = vcId === undefined ? undefined : await reader.vc(vcId);
  if (vc === undefined) return 'unknown';
  if (vc.deletedAt !== undefined) return 'late';
  // An operation at work may be about to know it, or to remove it.
  if ((await reader.operations({ vcId: vc.id, open: true, limit: 1 })).length > 0) return 'known';
  if (nodeId !== undefined) {
    const node = await reader.node(nodeId);
    return node === undefined ? 'unknown' : node.state === 'deleted' ? 'late' : 'known';
  }
  return (await reader.networks(vc.id)).some(network => network.id === networkId) ? 'known' : 'unknown';
}

function keyOf(orphan: Orphan): string {
  return `${orphan.provider}/${orphan.kind}/${orphan.cloudId}`;
}
