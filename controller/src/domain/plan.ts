import { VcpError, type Plan, type PlanChange, type VcDocument } from '@jupyterlab-vcp/sdk/wire';
import { chooseVcCidr, formatCidr, overlaps, parseCidr } from './address-plan.js';
import type { Network, Node, VirtualCloud } from './entities.js';
import { isPresent } from './node-states.js';
import { planNetworks, type AddressedNode, type NewNetwork } from './plan-networks.js';
import { documentSettings } from './plan-settings.js';
import { diffGoneUnit, diffUnit, type UnitDiff } from './plan-unit.js';
import { sumPrices, UNKNOWN_PRICE } from './prices.js';
import { quotaLines, type QuotaFact } from './quota.js';
import { digestOf, resolveSpec, type PlanProvider } from './unit-spec.js';

/** Everything that a plan depends on. The same input always gives the same plan. */
export interface PlanInput {
  /** What is wanted. */
  readonly document: VcDocument;
  readonly vc: VirtualCloud | undefined;
  /** Networks and nodes of this virtual cloud that are not deleted. */
  readonly networks: readonly Network[];
  readonly nodes: readonly Node[];
  /** Ranges of every other virtual cloud, by its name. */
  readonly others: readonly { readonly cidr: string; readonly vc: string }[];
  /** @throws VcpError not_found naming the nearest provider. */
  readonly provider: (name: string) => PlanProvider;
  readonly quota: readonly QuotaFact[];
  readonly pool: string;
  /** Spreads virtual clouds of several installations over the pool. */
  readonly seed: string;
  /** Units that an unfinished operation works on. */
  readonly busyUnits?: ReadonlySet<string>;
  /** Ids of nodes that must go, chosen by name. */
  readonly remove?: ReadonlySet<string>;
}

/** What an operation has to do so that the plan comes true. Ids are given when it is accepted. */
export interface PlanSteps {
  readonly cidr: string;
  readonly addNetworks: readonly NewNetwork[];
  readonly removeNetworks: readonly string[];
  readonly create: readonly AddressedNode[];
  readonly repair: readonly string[];
  readonly remove: readonly string[];
  readonly reconcile: readonly string[];
  readonly removeApps: Readonly<Record<string, readonly string[]>>;
  /** Every unit that this changes: what has to be claimed. */
  readonly units: readonly string[];
  /** Providers that have to make or start machines. */
  readonly providers: readonly string[];
}

export interface PlanOutcome { readonly plan: Plan; readonly steps: PlanSteps }

/**
 * The difference between what is wanted and what is there. Pure.
 * @throws VcpError invalid_request (unknown provider, region, flavor; a unit that would have to move;
 *   overlapping addresses), not_found, not_supported, conflict (address pool used up).
 */
export function plan(input: PlanInput): PlanOutcome {
  const { document, vc } = input;
  const diffs = unitDiffs(input);
  const cidr = vcCidr(input);
  const networks = planNetworks({ cidr, networks: input.networks, nodes: input.nodes, diffs });
  const settings = documentSettings(vc?.document, document);
  const changes: readonly PlanChange[] = [
    ...networks.adds, ...diffs.flatMap(diff => diff.adds), ...diffs.flatMap(diff => diff.changes), ...settings,
    ...diffs.flatMap(diff => diff.removals), ...networks.removals
  ];
  const steps: PlanSteps = {
    cidr, addNetworks: networks.create, removeNetworks: networks.remove, create: networks.nodes,
    repair: diffs.flatMap(diff => diff.repair.map(node => node.id)),
    remove: diffs.flatMap(diff => diff.remove.map(node => node.id)),
    reconcile: diffs.filter(diff => diff.reconcile).map(diff => diff.unit),
    removeApps: Object.fromEntries(diffs.filter(diff => diff.removedApps.length > 0).map(diff => [diff.unit, diff.removedApps])),
    units: diffs.filter(touches).map(diff => diff.unit),
    providers: [...new Set(diffs.flatMap(diff => [...diff.create, ...diff.repair].map(node => node.provider)))]
  };
  const baseRevision = vc?.revision ?? 0;
  return {
    steps,
    plan: {
      vc: document.name, exists: vc !== undefined, baseRevision,
      digest: planDigest(input, changes), changes: [...changes],
      summary: { add: count(changes, 'add'), change: count(changes, 'change'), remove: count(changes, 'remove') },
      removals: Object.fromEntries(diffs.filter(diff => diff.remove.length > 0).map(diff => [diff.unit, diff.remove.length])),
      ...prices(input, diffs),
      quota: [...quotaLines(networks.nodes, input.quota)],
      warnings: diffs.flatMap(diff => diff.warnings),
      document
    }
  };
}

function unitDiffs(input: PlanInput): readonly UnitDiff[] {
  const before = new Map((input.vc?.document.units ?? []).map(unit => [unit.name, unit]));
  const wanted = new Set(input.document.units.map(unit => unit.name));
  const nodesOf = (unit: string): readonly Node[] => input.nodes.filter(node => node.unit === unit);
  const goneNames = new Set([...before.keys(), ...input.nodes.filter(isPresent).map(node => node.unit)].filter(unit => !wanted.has(unit)));
  return [
    ...input.document.units.map(after => diffUnit({
      before: before.get(after.name), after, provider: input.provider(after.provider), nodes: nodesOf(after.name),
      chosen: input.remove ?? new Set(), busy: input.busyUnits?.has(after.name) ?? false
    })),
    ...[...goneNames].map(unit => diffGoneUnit(before.get(unit), unit, nodesOf(unit)))
  ];
}

function touches(diff: UnitDiff): boolean {
  return diff.adds.length + diff.changes.length + diff.removals.length > 0;
}

function vcCidr(input: PlanInput): string {
  const wish = input.document.network?.cidr;
  const living = input.networks.filter(network => network.state !== 'deleted');
  if (input.vc !== undefined && (wish === undefined || formatCidr(parseCidr(wish)) === input.vc.cidr)) return input.vc.cidr;
  if (input.vc !== undefined && living.length > 0) {
    throw new VcpError('invalid_request', `Virtual cloud ${input.document.name} uses ${input.vc.cidr}; addresses of running networks cannot change to ${wish}.`, { hint: 'Leave network.cidr as it is, or delete the virtual cloud and make it anew.', at: [{ path: 'network.cidr', message: `is ${input.vc.cidr} now` }] });
  }
  if (wish === undefined) return chooseVcCidr(input.pool, input.others.map(other => other.cidr), input.seed);
  const clash = input.others.find(other => overlaps(other.cidr, wish));
  if (clash !== undefined) {
    throw new VcpError('invalid_request', `The range ${wish} of ${input.document.name} overlaps ${clash.cidr} of virtual cloud ${clash.vc}.`, { hint: 'Choose another network.cidr, or leave it out.', at: [{ path: 'network.cidr', message: `overlaps ${clash.cidr} of ${clash.vc}` }] });
  }
  return formatCidr(parseCidr(wish));
}

/** Covers what is wanted, the revision and what was seen: if any of them moves, the plan is another one. */
function planDigest(input: PlanInput, changes: readonly PlanChange[]): string {
  const seen = input.nodes.map(node => [node.id, node.wanted, isPresent(node) ? (node.state === 'error' || node.state === 'needs-attention' ? 'broken' : 'there') : 'going']).sort();
  const networks = input.networks.map(network => [network.id, network.cidr]).sort();
  return digestOf({ document: input.document, revision: input.vc?.revision ?? 0, seen, networks, lines: changes.map(change => [change.action, change.kind, change.name]) });
}

function prices(input: PlanInput, diffs: readonly UnitDiff[]): Pick<Plan, 'priceBefore' | 'priceAfter'> {
  const present = input.nodes.filter(isPresent);
  const removed = new Set(diffs.flatMap(diff => diff.remove.map(node => node.id)));
  const kept = present.filter(node => !removed.has(node.id)).map(node => nodePrice(node, input.provider));
  return {
    priceBefore: sumPrices(present.map(node => nodePrice(node, input.provider))),
    priceAfter: sumPrices([...kept, ...diffs.flatMap(diff => diff.create.map(node => node.price))])
  };
}

/** What a node costs by today's catalog; unknown when the catalog no longer has its provider or spec. */
export function nodePrice(node: Pick<Node, 'provider' | 'spec' | 'unit'>, provider: (name: string) => PlanProvider): Plan['priceBefore'] {
  try {
    const known = ['small', 'medium', 'large', 'gpu'].find(flavor => flavor === node.spec.flavor) as 'small' | undefined;
    const flavor = known ?? { cpu: node.spec.size.cpu, memoryGiB: node.spec.size.memoryGiB, gpu: node.spec.size.gpu };
    return resolveSpec({ name: node.unit, provider: node.provider, flavor, count: 1, override: { ...node.spec.override } }, provider(node.provider)).price;
  } catch {
    return UNKNOWN_PRICE;
  }
}

function count(changes: readonly PlanChange[], action: PlanChange['action']): number {
  return changes.filter(change => change.action === action).length;
}
