import { nodeName, VcpError, type PlanChange, type Price, type UnitDocument } from '@jupyterlab-vcp/sdk/wire';
import type { Node, NodeSpec } from './entities.js';
import { isBroken, isMoving, isPresent, mustBeMadeAnew } from './node-states.js';
import { planApps } from './plan-apps.js';
import { unitSettings } from './plan-settings.js';
import { regionOf, resolveSpec, sameValue, type PlanProvider, type ResolvedSpec } from './unit-spec.js';

/** A node that a plan adds; its address and network come with the network plan. */
export interface NewNode { readonly unit: string; readonly number: number; readonly name: string; readonly provider: string; readonly region: string; readonly spec: NodeSpec; readonly price: Price }

export interface UnitDiff {
  readonly unit: string;
  /** Where the unit's nodes are or will be; undefined for a unit that goes. */
  readonly place?: { readonly provider: string; readonly region: string } | undefined;
  readonly create: readonly NewNode[];
  /** Broken nodes that are wanted: started or made again under the same id. */
  readonly repair: readonly Node[];
  readonly remove: readonly Node[];
  /** Applications of the running nodes have to be brought in line. */
  readonly reconcile: boolean;
  readonly removedApps: readonly string[];
  readonly adds: readonly PlanChange[];
  readonly changes: readonly PlanChange[];
  readonly removals: readonly PlanChange[];
  readonly warnings: readonly string[];
  readonly resolved?: ResolvedSpec | undefined;
}

export interface UnitSides {
  readonly before: UnitDocument | undefined;
  readonly after: UnitDocument;
  readonly provider: PlanProvider;
  /** Every node of the unit that is not deleted. */
  readonly nodes: readonly Node[];
  /** Ids of nodes that have to go whatever the count says. */
  readonly chosen: ReadonlySet<string>;
  /** An unfinished operation works on the unit: its moving nodes are not broken. */
  readonly busy: boolean;
}

/** What has to happen to one unit that stays or comes. */
export function diffUnit(sides: UnitSides): UnitDiff {
  const { before, after, provider } = sides;
  const present = sides.nodes.filter(isPresent);
  const region = regionOf(after, provider, present[0]);
  refuseMove(after, region, present);
  const resolved = resolveSpec(after, provider);
  const remove = pickRemovals(present, after.count, sides.chosen);
  const removed = new Set(remove.map(node => node.id));
  const staying = present.filter(node => !removed.has(node.id));
  const repair = staying.filter(node => isBroken(node) || (!sides.busy && isMoving(node.state)));
  const create = newNodes(sides, staying.length, region, resolved);
  const apps = planApps(before, after, staying.filter(node => node.state === 'running' && node.readyAt !== undefined));
  const settings = unitSettings(before, after, { nodes: staying.length, linesForCount: create.length + remove.length > 0 });
  const kept = staying.filter(node => !sameSize(node.spec, resolved.spec));
  return {
    unit: after.name, place: { provider: provider.name, region }, create, repair, remove, resolved,
    reconcile: apps.reconcile, removedApps: apps.removed,
    adds: [...(before === undefined ? [unitLine(after, region, resolved)] : []), ...create.map(addLine)],
    changes: [...repair.map(repairLine), ...apps.changes, ...settings],
    removals: remove.map(node => removeLine(node, after.onLeave !== undefined)),
    warnings: [...sizeWarning(after, kept), ...staying.filter(node => node.state === 'unreachable').map(node => `${node.name} does not answer${node.reason === undefined ? '' : `: ${node.reason}`}.`)]
  };
}

/** A unit that the wanted document no longer has. */
export function diffGoneUnit(before: UnitDocument | undefined, name: string, nodes: readonly Node[]): UnitDiff {
  const remove = byDescendingNumber(nodes.filter(isPresent));
  return {
    unit: name, create: [], repair: [], remove, reconcile: false, removedApps: [], adds: [], changes: [], warnings: [],
    removals: [...(before === undefined ? [] : [{ action: 'remove' as const, kind: 'unit' as const, unit: name, name, detail: remove.length === 0 ? 'it has no nodes' : `with ${remove.length} ${remove.length === 1 ? 'node' : 'nodes'}` }]), ...remove.map(node => removeLine(node, before?.onLeave !== undefined))]
  };
}

/** Broken ones go first, then the highest numbers. */
function pickRemovals(present: readonly Node[], count: number, chosen: ReadonlySet<string>): readonly Node[] {
  const named = present.filter(node => chosen.has(node.id));
  const others = present.filter(node => !chosen.has(node.id));
  const surplus = Math.max(0, others.length - count);
  const order = [...byDescendingNumber(others.filter(isBroken)), ...byDescendingNumber(others.filter(node => !isBroken(node)))];
  return [...byDescendingNumber(named), ...order.slice(0, surplus)];
}

function byDescendingNumber(nodes: readonly Node[]): readonly Node[] {
  return [...nodes].sort((a, b) => b.number - a.number);
}

/** Lowest free numbers, so that the document alone says how nodes are called; a number is free once its node is gone for good. */
function newNodes(sides: UnitSides, staying: number, region: string, resolved: ResolvedSpec): readonly NewNode[] {
  const { after, provider } = sides;
  const used = new Set(sides.nodes.map(node => node.number));
  const made: NewNode[] = [];
  for (let number = 1; made.length < after.count - staying; number += 1) {
    if (used.has(number)) continue;
    made.push({ unit: after.name, number, name: nodeName(after.name, number), provider: provider.name, region, spec: resolved.spec, price: resolved.price });
  }
  return made;
}

function refuseMove(after: UnitDocument, region: string, present: readonly Node[]): void {
  const moved = present.find(node => node.provider !== after.provider || node.region !== region);
  if (moved === undefined) return;
  throw new VcpError('invalid_request', `Unit ${after.name} has nodes on ${moved.provider} (${moved.region}); running nodes cannot move to ${after.provider} (${region}).`, {
    hint: `Give the new place a unit of its own (another name), then remove unit ${after.name}.`
  });
}

function sameSize(a: NodeSpec, b: NodeSpec): boolean {
  return a.digest === b.digest || (a.flavor === b.flavor && sameValue(a.size, b.size) && sameValue(a.override, b.override));
}

function sizeWarning(unit: UnitDocument, kept: readonly Node[]): readonly string[] {
  return kept.length === 0 ? [] : [`Existing nodes of ${unit.name} keep their size until they are replaced (${kept.map(node => node.name).slice(0, 5).join(', ')}${kept.length > 5 ? ' …' : ''}).`];
}

function unitLine(unit: UnitDocument, region: string, resolved: ResolvedSpec): PlanChange {
  return { action: 'add', kind: 'unit', unit: unit.name, name: unit.name, detail: `${unit.count} × ${describeSize(resolved.spec)} on ${unit.provider} (${region})` };
}

function addLine(node: NewNode): PlanChange {
  return { action: 'add', kind: 'node', unit: node.unit, name: node.name, detail: `${describeSize(node.spec)} on ${node.provider} (${node.region})`, price: node.price };
}

function repairLine(node: Node): PlanChange {
  const verb = node.state === 'needs-attention' ? 'look again and mend' : mustBeMadeAnew(node) ? 'make again' : 'start again';
  return { action: 'change', kind: 'node', unit: node.unit, name: node.name, detail: `${verb}${node.reason === undefined ? '' : `: ${node.reason}`}` };
}

function removeLine(node: Node, onLeave: boolean): PlanChange {
  const how = !onLeave ? 'at once' : node.state === 'running' ? 'after its onLeave script' : 'without its onLeave script';
  return { action: 'remove', kind: 'node', unit: node.unit, name: node.name, detail: node.state === 'running' ? how : `${node.state}; ${how}` };
}

export function describeSize(spec: Pick<NodeSpec, 'flavor' | 'size'>): string {
  const { cpu, memoryGiB, gpu, diskGiB } = spec.size;
  const size = [`${cpu} CPU`, `${memoryGiB} GiB`, ...(gpu > 0 ? [`${gpu} GPU`] : []), ...(diskGiB === null ? [] : [`${diskGiB} GiB disk`])].join(', ');
  return `${spec.flavor} (${size})`;
}
