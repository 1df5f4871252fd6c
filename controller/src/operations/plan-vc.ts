import type { VcDocument } from '@jupyterlab-vcp/sdk/wire';
import { plan, type PlanInput, type PlanOutcome, type QuotaFact, type StoreReader, type VirtualCloud } from '../domain/index.js';
import type { Context } from './context.js';
import { withTimeLimit } from './limits.js';
import { unitClaim } from './vc-rows.js';

const QUOTA_ANSWER_MS = 5000;

export interface Wish {
  readonly document: VcDocument;
  readonly vc: VirtualCloud | undefined;
  readonly remove?: ReadonlySet<string> | undefined;
}

/** The plan for a wish on the rows as they are for this reader. */
export async function planWish(reader: StoreReader, context: Context, wish: Wish, quota: readonly QuotaFact[]): Promise<PlanOutcome> {
  const { vc, document } = wish;
  const all = await reader.vcs({ limit: Number.MAX_SAFE_INTEGER });
  const nameOf = new Map(all.map(other => [other.id, other.name]));
  const prefix = vc === undefined ? undefined : unitClaim(vc.id, '');
  const input: PlanInput = {
    document, vc,
    networks: vc === undefined ? [] : await reader.networks(vc.id),
    nodes: vc === undefined ? [] : await reader.nodes(vc.id),
    others: [
      ...all.filter(other => other.id !== vc?.id).map(other => ({ cidr: other.cidr, vc: other.name })),
      ...(await reader.allNetworks()).filter(network => network.vcId !== vc?.id).map(network => ({ cidr: network.cidr, vc: nameOf.get(network.vcId) ?? network.vcId }))
    ],
    provider: name => context.catalog.get(name), quota, pool: context.settings.addressPool, seed: context.store.installation,
    busyUnits: prefix === undefined ? new Set() : new Set((await reader.claims()).filter(claim => claim.resource.startsWith(prefix)).map(claim => claim.resource.slice(prefix.length))),
    ...(wish.remove === undefined ? {} : { remove: wish.remove })
  };
  return plan(input);
}

export interface OutsideFacts { readonly quota: readonly QuotaFact[]; readonly warnings: readonly string[]; readonly unavailable: readonly { readonly provider: string; readonly title: string; readonly reason?: string | undefined; readonly hint?: string | undefined }[] }

/** What the providers of new nodes say: their health and their quotas. One that does not answer gives a warning, no error. */
export async function askProviders(context: Context, outcome: PlanOutcome): Promise<OutsideFacts> {
  const places = new Map(outcome.steps.create.map(node => [`${node.provider}/${node.region}`, { provider: node.provider, region: node.region }]));
  const providers = outcome.steps.providers.map(name => context.catalog.get(name));
  const health = await Promise.all(providers.map(async provider => ({ provider, health: await provider.health() })));
  const unavailable = health.filter(entry => !entry.health.available).map(({ provider, health: { reason, hint } }) => ({ provider: provider.name, title: provider.title, reason, hint }));
  const away = new Set(unavailable.map(entry => entry.provider));
  const warnings = unavailable.map(entry => `${entry.title} is not available${entry.reason === undefined ? '' : `: ${entry.reason}`}`);
  const quota = await Promise.all([...places.values()].filter(place => !away.has(place.provider)).map(async place => {
    try {
      const facts = await withTimeLimit({ ms: QUOTA_ANSWER_MS, what: `Asking ${place.provider} for its quota`, signal: context.stopping, clock: context.clock }, () => context.catalog.get(place.provider).quota(place.region));
      return facts.map((fact): QuotaFact => ({ ...fact, provider: place.provider, region: place.region }));
    } catch (error) {
      warnings.push(`The quota of ${place.provider} (${place.region}) is not known: ${(error as Error).message}`);
      return [];
    }
  }));
  return { quota: quota.flat(), warnings, unavailable };
}
