import { VcpError, type OperationKind, type OperationResource, type Plan, type VcDocument } from '@jupyterlab-vcp/sdk/wire';
import {
  changeSummary, digestOf, mustAllowRemovals, mustBeAllowed, operationView, resultSummary, runningSummary, sameValue, staleRevision,
  type Accepted, type Caller, type Network, type Node, type Operation, type PlanOutcome, type StoreReader, type StoreWriter, type VirtualCloud
} from '../domain/index.js';
import type { Context } from './context.js';
import type { Engine } from './engine.js';
import { lookUpVc } from './find-vc.js';
import { keepKey, operationOfKey } from './idempotency.js';
import { askProviders, planWish, type OutsideFacts } from './plan-vc.js';
import { putNode, putOperation, refreshVc, unitClaim, vcClaim } from './vc-rows.js';

/** One wish for a change of a virtual cloud, whichever way it came. */
export interface Change {
  readonly caller: Caller;
  readonly vc: string;
  readonly kind: OperationKind;
  readonly verb?: 'change' | 'destroy';
  readonly title: (vc: string) => string;
  /** What the keys of repeated requests are compared by. */
  readonly body: unknown;
  /** What is wanted, given what is there. @throws VcpError for a wish that makes no sense there. */
  readonly wanted: (vc: VirtualCloud | undefined, nodes: readonly Node[]) => { readonly document: VcDocument; readonly remove?: ReadonlySet<string> | undefined };
  readonly baseRevision?: number | undefined;
  readonly planDigest?: string | undefined;
  readonly allowRemove: Readonly<Record<string, number>>;
  readonly onFailure?: 'keep' | 'rollback' | undefined;
}

interface Decision { readonly operation: Operation; readonly attached: boolean }

/**
 * Accepts a change: operation, revision, intents (rows of nodes and networks) and claims in one transaction.
 * @throws stale_revision, removal_not_allowed, conflict, idempotency_mismatch, quota_exceeded, provider_unavailable, invalid_request.
 */
export async function acceptChange(context: Context, engine: Engine, change: Change): Promise<Accepted> {
  const { store, clock } = context;
  const bodyDigest = digestOf({ vc: change.vc, kind: change.kind, body: change.body });
  const early = await store.read(reader => operationOfKey(reader, change.caller, bodyDigest, clock.now()));
  if (early !== undefined) return { operation: operationView(early, clock.now()), attached: true };
  const outside = await askProviders(context, await store.read(async reader => (await prepare(reader, context, change, [])).outcome));
  const { operation, attached } = await store.transaction(tx => decide(tx, context, change, bodyDigest, outside));
  if (!attached) engine.take(operation);
  return { operation: operationView(operation, clock.now()), attached };
}

interface Prepared { readonly vc: VirtualCloud | undefined; readonly document: VcDocument; readonly outcome: PlanOutcome }

async function prepare(reader: StoreReader, context: Context, change: Change, quota: OutsideFacts['quota']): Promise<Prepared> {
  const vc = await lookUpVc(reader, change.caller, change.vc);
  mustBeAllowed(change.caller.actor, change.verb ?? 'change', { kind: 'vc', project: vc?.project ?? change.caller.actor.project, name: vc?.name ?? change.vc });
  await mustBeFresh(reader, vc, change);
  const { document, remove } = change.wanted(vc, vc === undefined ? [] : await reader.nodes(vc.id));
  return { vc, document, outcome: await planWish(reader, context, { document, vc, remove }, quota) };
}

async function mustBeFresh(reader: StoreReader, vc: VirtualCloud | undefined, change: Change): Promise<void> {
  const { baseRevision } = change;
  if (baseRevision === undefined || baseRevision === (vc?.revision ?? 0)) return;
  if (vc === undefined) throw new VcpError('stale_revision', `Virtual cloud ${change.vc} does not exist any more.`, { hint: 'Plan again: it would be made anew.', details: { baseRevision, revision: 0, changes: [] } });
  throw staleRevision(vc.name, baseRevision, vc.revision, await reader.revisions(vc.id, baseRevision));
}

async function decide(tx: StoreWriter, context: Context, change: Change, bodyDigest: string, outside: OutsideFacts): Promise<Decision> {
  const now = context.clock.now();
  const known = await operationOfKey(tx, change.caller, bodyDigest, now);
  if (known !== undefined) return { operation: known, attached: true };
  const { vc, document, outcome } = await prepare(tx, context, change, outside.quota);
  if (vc !== undefined) await mustNotBeDeleted(tx, vc);
  const { plan } = outcome;
  if (change.planDigest !== undefined && change.planDigest !== plan.digest) throw otherPlan(plan);
  const same = vc !== undefined && plan.changes.length === 0 && sameValue(vc.document, document);
  if (same) {
    // Somebody is making it so at this moment: the answer is that operation, not a second one that says "done".
    const open = (await tx.operations({ vcId: vc.id, open: true, limit: 1 }))[0];
    if (open !== undefined) {
      await keepKey(tx, change.caller, bodyDigest, open.id, now + context.settings.keysKeptMs);
      return { operation: open, attached: true };
    }
  }
  mustAllowRemovals(plan, change.allowRemove);
  mustBePossible(plan, outside);
  const written = await writeChange(tx, context, change, { vc, document, outcome }, same);
  await keepKey(tx, change.caller, bodyDigest, written.id, now + context.settings.keysKeptMs);
  return { operation: written, attached: false };
}

async function mustNotBeDeleted(tx: StoreReader, vc: VirtualCloud): Promise<void> {
  const claim = (await tx.claims()).find(held => held.resource === vcClaim(vc.id));
  if (claim !== undefined) throw new VcpError('conflict', `Virtual cloud ${vc.name} is being deleted.`, { operation: claim.operation, hint: 'Wait until that has ended, then make it anew.' });
}

function otherPlan(plan: Plan): VcpError {
  return new VcpError('stale_revision', `What is there changed since this was planned: ${plan.vc} would now get ${plan.summary.add} additions, ${plan.summary.change} changes and ${plan.summary.remove} removals.`, {
    hint: 'Plan again, look at the difference, then apply.', details: { plan, revision: plan.baseRevision, changes: [] }
  });
}

function mustBePossible(plan: Plan, outside: OutsideFacts): void {
  const away = outside.unavailable[0];
  if (away !== undefined) throw new VcpError('provider_unavailable', `${away.title} is not available${away.reason === undefined ? '.' : `: ${away.reason}`}`, away.hint === undefined ? {} : { hint: away.hint });
  const short = plan.quota.find(line => !line.enough);
  if (short !== undefined) {
    throw new VcpError('quota_exceeded', `${short.provider} (${short.region}) has room for ${Math.max(0, (short.limit ?? 0) - short.used)} more ${short.resource}, ${short.needed} are needed.`, { hint: 'Ask for less, use another region, or have the quota raised.', details: { quota: plan.quota } });
  }
}

async function writeChange(tx: StoreWriter, context: Context, change: Change, prepared: Prepared, same: boolean): Promise<Operation> {
  const { caller } = change;
  const { vc: before, document, outcome: { plan, steps } } = prepared;
  const now = context.clock.now();
  const owned = { owner: before?.owner ?? caller.actor.user, project: before?.project ?? caller.actor.project, actor: caller.actor.user, origin: caller.origin };
  const vcId = before?.id ?? context.ids.next('vc');
  const id = context.ids.next('op');
  const revision = same ? before!.revision : (before?.revision ?? 0) + 1;
  if (!same) {
    await tx.putVc({ ...owned, id: vcId, name: document.name, revision, document, cidr: steps.cidr, state: before?.state ?? 'empty', reason: before?.reason, createdAt: before?.createdAt ?? now, changedAt: now });
    await tx.putRevision({ ...owned, vcId, revision, document, operation: id, summary: changeSummary(plan, before?.document), at: now });
  }
  const networks = await writeNetworks(tx, context, prepared, { ...owned, vcId });
  const created = await writeNodes(tx, context, prepared, { ...owned, vcId }, networks);
  const nodes = await tx.nodes(vcId);
  for (const node of nodes.filter(candidate => steps.remove.includes(candidate.id))) await putNode(tx, { ...node, wanted: 'absent', actor: owned.actor, origin: owned.origin }, context.catalog);
  const work = created.length + steps.repair.length + steps.remove.length + steps.reconcile.length + steps.removeNetworks.length > 0;
  const operation: Operation = {
    ...owned, id, kind: change.kind, title: change.title(document.name), vcId, vc: document.name, state: 'queued', phase: '', revision, cloudMs: 0, cancelRequested: false, createdAt: now,
    resources: resourcesOf(networks, nodes, new Set([...created, ...steps.repair, ...steps.remove])),
    request: {
      create: created, remove: steps.remove, repair: steps.repair, reconcile: steps.reconcile, removeApps: steps.removeApps, units: steps.units,
      deleteVc: false, onFailure: change.onFailure ?? 'keep', onLeave: leaveScripts(before, document)
    },
    ...(work ? {} : { state: 'succeeded' as const, startedAt: now, endedAt: now, result: { summary: resultSummary({ added: [], removed: [], changed: [] }, runningSummary(nodes)), added: [], removed: [], changed: [] } })
  };
  await putOperation(tx, operation, now);
  // Also a change that is done at once must not touch a unit that another operation works on.
  for (const unit of steps.units) await tx.addClaim({ resource: unitClaim(vcId, unit), operation: id });
  if (!work) await tx.removeClaims(id);
  await refreshVc(tx, vcId, context.catalog);
  return operation;
}

type OwnedByVc = Pick<Node, 'owner' | 'project' | 'actor' | 'origin' | 'vcId'>;

async function writeNetworks(tx: StoreWriter, context: Context, prepared: Prepared, owned: OwnedByVc): Promise<readonly Network[]> {
  const made = prepared.outcome.steps.addNetworks.map((network): Network => ({ ...owned, ...network, id: context.ids.next('nt'), state: 'wanted' }));
  for (const network of made) await tx.putNetwork(network);
  return made;
}

async function writeNodes(tx: StoreWriter, context: Context, prepared: Prepared, owned: OwnedByVc, networks: readonly Network[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { networkId, price: _, ...wanted } of prepared.outcome.steps.create) {
    const network = networkId ?? networks.find(candidate => candidate.provider === wanted.provider && candidate.region === wanted.region)!.id;
    const node: Node = { ...owned, ...wanted, id: context.ids.next('nd'), networkId: network, wanted: 'present', state: 'requested', createdAt: context.clock.now(), apps: [] };
    await putNode(tx, node, context.catalog);
    ids.push(node.id);
  }
  return ids;
}

function resourcesOf(networks: readonly Network[], nodes: readonly Node[], touched: ReadonlySet<string>): readonly OperationResource[] {
  return [
    ...networks.map((network): OperationResource => ({ kind: 'network', name: `${network.cidr} (${network.region})`, id: network.id, state: 'waiting', phase: '' })),
    ...nodes.filter(node => touched.has(node.id)).map((node): OperationResource => ({ kind: 'node', name: node.name, id: node.id, state: 'waiting', phase: '' }))
  ];
}

/** The script that a leaving node runs: today's where its unit stays, otherwise the last one that the unit had. */
function leaveScripts(before: VirtualCloud | undefined, document: VcDocument): Readonly<Record<string, string>> {
  const units = [...(before?.document.units ?? []).filter(unit => !document.units.some(wanted => wanted.name === unit.name)), ...document.units];
  return Object.fromEntries(units.flatMap(unit => (unit.onLeave === undefined ? [] : [[unit.name, unit.onLeave]])));
}
