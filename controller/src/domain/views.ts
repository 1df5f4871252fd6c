import { type NodeView, type OperationView, type ProviderView, type UnitDocument, type UnitView, type VcView, type Price, type SerializedError, type Size } from '@jupyterlab-vcp/sdk/wire';
import type { Network, Node, Operation, VirtualCloud } from './entities.js';
import { groupReason, unitState, vcState } from './group-state.js';
import { isPresent } from './node-states.js';
import { nodePrice } from './plan.js';
import { sumPrices } from './prices.js';
import type { CloudProvider } from './ports.js';
import { reachOf, regionOf, resolveSpec } from './unit-spec.js';

/** Looks a provider up; undefined when the catalog no longer has it. */
export type ProviderLookup = (name: string) => CloudProvider | undefined;

/** The rows of one virtual cloud that its views are made of. */
export interface VcRows {
  readonly vc: VirtualCloud;
  readonly networks: readonly Network[];
  /** Not deleted. */
  readonly nodes: readonly Node[];
  readonly open: readonly Operation[];
  /** Units that an unfinished operation holds. */
  readonly claimedUnits: ReadonlySet<string>;
  readonly provider: ProviderLookup;
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}

function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : iso(at);
}

export function nodeView(node: Node, rows: Pick<VcRows, 'vc' | 'networks' | 'provider'>): NodeView {
  const provider = rows.provider(node.provider);
  const network = rows.networks.find(candidate => candidate.id === node.networkId);
  return {
    id: node.id, vcId: node.vcId, vc: rows.vc.name, unit: node.unit, number: node.number, name: node.name,
    provider: node.provider, region: node.region, flavor: node.spec.flavor, size: node.spec.size,
    state: node.state, ...(node.reason === undefined ? {} : { reason: node.reason }),
    address: node.address, gateway: network?.gatewayNodeId === node.id, reach: provider === undefined ? 'direct' : reachOf(provider, node.region),
    cloudId: node.cloudId ?? null, hostKey: node.hostKey ?? null, apps: [...node.apps],
    createdAt: iso(node.createdAt), readyAt: isoOrNull(node.readyAt), heartbeatAt: isoOrNull(node.heartbeatAt)
  };
}

export function unitView(unit: UnitDocument | undefined, name: string, rows: VcRows): UnitView {
  const nodes = rows.nodes.filter(node => node.unit === name);
  const deleting = rows.open.some(operation => operation.request.deleteVc);
  const wanted = unit?.count ?? 0;
  const spec = wantedSpec(unit, nodes[0], rows.provider);
  return {
    id: `${rows.vc.id}-${name}`, vcId: rows.vc.id, vc: rows.vc.name, name, ...spec,
    wanted, running: nodes.filter(node => node.state === 'running').length,
    state: unitState({ wanted, nodes, leaving: unit === undefined || deleting, claimed: rows.claimedUnits.has(name) || deleting }),
    apps: Object.keys(unit?.apps ?? {}), price: sumPrices(nodes.filter(isPresent).map(node => priceOf(node, rows.provider)))
  };
}

/** Units of the document in its order, then those that are still on their way out. */
export function unitViews(rows: VcRows): readonly UnitView[] {
  const wanted = rows.vc.document.units;
  const known = new Set(wanted.map(unit => unit.name));
  const leaving = [...new Set(rows.nodes.map(node => node.unit))].filter(name => !known.has(name)).sort();
  return [...wanted.map(unit => unitView(unit, unit.name, rows)), ...leaving.map(name => unitView(undefined, name, rows))];
}

export function vcView(rows: VcRows): VcView {
  const { vc } = rows;
  const units = unitViews(rows);
  const state = vcState(units.map(unit => unit.state), { deleting: rows.open.some(operation => operation.request.deleteVc), applying: rows.open.length > 0 });
  const missing = units.reduce((sum, unit) => sum + Math.max(0, unit.wanted - rows.nodes.filter(node => node.unit === unit.name && isPresent(node)).length), 0);
  const reason = groupReason(state, rows.nodes, missing);
  return {
    id: vc.id, name: vc.name, ...(vc.document.description === undefined ? {} : { description: vc.document.description }),
    project: vc.project, owner: vc.owner, state, ...(reason === undefined ? {} : { reason }), revision: vc.revision, cidr: vc.cidr,
    units: [...units], nodes: rows.nodes.length, running: rows.nodes.filter(node => node.state === 'running').length,
    price: sumPrices(units.map(unit => unit.price)), openOperations: rows.open.map(operation => operation.id),
    createdAt: iso(vc.createdAt), changedAt: iso(vc.changedAt)
  };
}

export function operationView(operation: Operation, now: number): OperationView {
  const { startedAt, endedAt, createdAt } = operation;
  const end = endedAt ?? now;
  const queuedMs = Math.max(0, (startedAt ?? end) - createdAt);
  const totalMs = Math.max(0, end - createdAt);
  const cloudMs = Math.min(operation.cloudMs, Math.max(0, totalMs - queuedMs));
  return {
    id: operation.id, kind: operation.kind, title: operation.title, vcId: operation.vcId, vc: operation.vc,
    state: operation.state, phase: operation.phase,
    progress: { done: operation.resources.filter(resource => resource.state === 'done').length, total: operation.resources.length },
    resources: [...operation.resources],
    ...(operation.error === undefined ? {} : { error: errorView(operation.error) }),
    ...(operation.result === undefined ? {} : { result: { summary: operation.result.summary, added: [...operation.result.added], removed: [...operation.result.removed], changed: [...operation.result.changed] } }),
    timing: { queuedMs, totalMs, cloudMs, oursMs: totalMs - queuedMs - cloudMs },
    revision: operation.revision, actor: operation.actor, origin: operation.origin,
    ...(operation.resolves === undefined ? {} : { resolves: operation.resolves }),
    createdAt: iso(createdAt), startedAt: isoOrNull(startedAt), endedAt: isoOrNull(endedAt)
  };
}

export function providerView(provider: CloudProvider, health: Awaited<ReturnType<CloudProvider['health']>>): ProviderView {
  const { fixedAddress, power, disks, tags, gpu, diskSize } = provider.capabilities;
  return {
    name: provider.name, title: provider.title, api: provider.api, available: health.available,
    ...(health.reason === undefined ? {} : { reason: health.reason }), ...(health.hint === undefined ? {} : { hint: health.hint }),
    regions: [...provider.regions], flavors: provider.flavors.map(({ name, size, price }) => ({ name, size, price })),
    capabilities: { fixedAddress, power, disks, tags, gpu, diskSize }, specSchema: provider.specSchema,
    ...(provider.notice === undefined ? {} : { notice: provider.notice })
  };
}

function wantedSpec(unit: UnitDocument | undefined, node: Node | undefined, lookup: ProviderLookup): Pick<UnitView, 'provider' | 'region' | 'flavor' | 'size'> {
  const provider = unit === undefined ? undefined : lookup(unit.provider);
  if (unit !== undefined && provider !== undefined) {
    try {
      const { spec } = resolveSpec(unit, provider);
      return { provider: unit.provider, region: regionOf(unit, provider, node), flavor: spec.flavor, size: spec.size };
    } catch {
      // The catalog changed under the unit: its nodes still say what they are.
    }
  }
  const size: Size = node?.spec.size ?? { cpu: 0, memoryGiB: 0, gpu: 0, diskGiB: null };
  return { provider: unit?.provider ?? node?.provider ?? '', region: unit?.region ?? node?.region ?? '', flavor: node?.spec.flavor ?? (typeof unit?.flavor === 'string' ? unit.flavor : 'custom'), size };
}

function priceOf(node: Node, lookup: ProviderLookup): Price {
  return nodePrice(node, name => {
    const provider = lookup(name);
    if (provider === undefined) throw new Error(`no provider ${name}`);
    return provider;
  });
}

/** The mutable twin of a kept error, as the wire has it. */
export function errorView(error: SerializedError): NonNullable<OperationView['error']> {
  const { at, ...rest } = error;
  return { ...rest, ...(at === undefined ? {} : { at: [...at] }) };
}
