import { createHash } from 'node:crypto';
import { canonicalJson, VcpError, nearest, type Price, type UnitDocument } from '@jupyterlab-vcp/sdk/wire';
import type { NodeSpec } from './entities.js';
import type { CloudProvider } from './ports.js';

/** What planning needs of a provider: its pure part. */
export type PlanProvider = Pick<CloudProvider, 'name' | 'title' | 'regions' | 'resolve'>;

/** A spec with what it costs. */
export interface ResolvedSpec { readonly spec: NodeSpec; readonly price: Price }

/**
 * A unit's wish resolved against the catalog.
 * @throws VcpError invalid_request (unknown flavor or override), not_supported.
 */
export function resolveSpec(unit: UnitDocument, provider: PlanProvider): ResolvedSpec {
  const resolved = provider.resolve(unit.flavor, unit.override ?? {});
  const spec = { flavor: resolved.flavor, size: resolved.size, override: resolved.override, publicKeys: unit.publicKeys ?? [] };
  return { spec: { ...spec, digest: digestOf(spec) }, price: resolved.price };
}

/**
 * The region a unit's nodes are made in. A unit without `region` stays where its nodes are.
 * @throws VcpError invalid_request naming the nearest region.
 */
export function regionOf(unit: UnitDocument, provider: PlanProvider, present: { readonly region: string } | undefined): string {
  if (unit.region === undefined) {
    const region = present?.region ?? provider.regions[0]?.name;
    if (region === undefined) throw new VcpError('not_supported', `Provider ${provider.name} has no region.`);
    return region;
  }
  if (provider.regions.some(region => region.name === unit.region)) return unit.region;
  const near = nearest(unit.region, provider.regions.map(region => region.name));
  throw new VcpError('invalid_request', `Provider ${provider.name} has no region “${unit.region}” (unit ${unit.name}).`, {
    hint: near === undefined ? `Its regions are: ${provider.regions.map(region => region.name).join(', ')}.` : `Did you mean “${near}”?`
  });
}

export function reachOf(provider: Pick<CloudProvider, 'regions'>, region: string): 'direct' | 'gateway' {
  return provider.regions.find(candidate => candidate.name === region)?.reach ?? 'direct';
}

/** sha256 of the canonical JSON form, in hex: equal values have equal digests whatever the order of their keys. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

export function sameValue(a: unknown, b: unknown): boolean {
  return a === b || canonicalJson(a ?? null) === canonicalJson(b ?? null);
}
