import type { OperationResource, Plan, VcDocument } from '@jupyterlab-vcp/sdk/wire';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { Revision } from './entities.js';

/** What a change did to the wanted state, for the list of revisions: “compute scaled to 8”. */
export function changeSummary(plan: Plan, before: VcDocument | undefined): string {
  if (before === undefined) return 'created';
  const said: string[] = [];
  const old = new Map(before.units.map(unit => [unit.name, unit]));
  for (const unit of plan.document.units) {
    const was = old.get(unit.name);
    if (was === undefined) said.push(`${unit.name} added (${unit.count})`);
    else if (was.count !== unit.count) said.push(`${unit.name} scaled to ${unit.count}`);
  }
  const wanted = new Set(plan.document.units.map(unit => unit.name));
  said.push(...before.units.filter(unit => !wanted.has(unit.name)).map(unit => `${unit.name} removed`));
  const apps = plan.changes.filter(change => change.kind === 'app').map(change => change.name);
  if (apps.length > 0) said.push(`applications changed (${apps.join(', ')})`);
  const settings = plan.changes.filter(change => change.kind === 'setting' && !change.name.endsWith('.count')).map(change => change.name);
  if (settings.length > 0) said.push(`settings changed (${settings.join(', ')})`);
  const mended = plan.changes.filter(change => change.kind === 'node' && change.action === 'change').map(change => change.name);
  if (mended.length > 0) said.push(`mended ${mended.join(', ')}`);
  return said.length === 0 ? 'rewritten' : said.join('; ');
}

/** @param since revisions after the one that was planned on, oldest first */
export function staleRevision(vc: string, baseRevision: number, revision: number, since: readonly Revision[]): VcpError {
  const words = since.map(entry => `${entry.summary} by ${entry.actor} at ${clockTime(entry.at)}`);
  const shown = words.length > 3 ? [...words.slice(0, 3), `and ${words.length - 3} more`] : words;
  const message = baseRevision === 0
    ? `Virtual cloud ${vc} exists already${shown.length === 0 ? '' : ` (${shown.join('; ')})`}.`
    : `${vc} changed since this was planned${shown.length === 0 ? '' : `: ${shown.join('; ')}`}.`;
  return new VcpError('stale_revision', message, {
    hint: 'Plan again, look at the difference, then apply.',
    details: { baseRevision, revision, changes: since.map(entry => ({ revision: entry.revision, summary: entry.summary, actor: entry.actor, at: new Date(entry.at).toISOString() })) }
  });
}

function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)} UTC`;
}

/** `--allow-remove compute:4 --allow-remove head:1` */
export function allowRemoveFlags(removals: Readonly<Record<string, number>>): string {
  return Object.entries(removals).map(([unit, count]) => `--allow-remove ${unit}:${count}`).join(' ');
}

/** @throws VcpError removal_not_allowed when a node would go that `allowRemove` does not cover. */
export function mustAllowRemovals(plan: Plan, allowRemove: Readonly<Record<string, number>>): void {
  const missing = Object.entries(plan.removals).filter(([unit, count]) => count > (Object.hasOwn(allowRemove, unit) ? allowRemove[unit]! : 0));
  if (missing.length === 0) return;
  const names = plan.changes.filter(change => change.action === 'remove' && change.kind === 'node').map(change => change.name);
  const shown = names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ');
  throw new VcpError('removal_not_allowed', `This would remove ${names.length === 1 ? 'a node' : `${names.length} nodes`} of ${plan.vc}: ${shown}.`, {
    hint: `If they may go, add: ${allowRemoveFlags(plan.removals)}`, details: { plan, allowRemove: plan.removals }
  });
}

/** “3 nodes running (head 1, compute 2)” */
export function runningSummary(nodes: readonly { readonly unit: string; readonly state: string }[]): string {
  const running = nodes.filter(node => node.state === 'running');
  if (running.length === 0) return 'no nodes';
  const units = new Map<string, number>();
  for (const node of running) units.set(node.unit, (units.get(node.unit) ?? 0) + 1);
  return `${running.length} ${running.length === 1 ? 'node' : 'nodes'} running (${[...units].map(([unit, count]) => `${unit} ${count}`).join(', ')})`;
}

export interface OperationOutcome { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] }

/** One sentence for people when an operation has succeeded. */
export function resultSummary(outcome: OperationOutcome, running: string): string {
  const parts = [
    ...(outcome.added.length === 0 ? [] : [`${names(outcome.added)} added`]),
    ...(outcome.changed.length === 0 ? [] : [`${names(outcome.changed)} updated`]),
    ...(outcome.removed.length === 0 ? [] : [`${names(outcome.removed)} removed`])
  ];
  return parts.length === 0 ? `Nothing to change: ${running}` : `${parts.join(', ')}: ${running}`;
}

export function names(list: readonly string[]): string {
  return list.length <= 4 ? list.join(', ') : `${list.slice(0, 3).join(', ')} and ${list.length - 3} more`;
}

/** What an operation does at this moment: “booting compute-4”, “booting 3 nodes”, “compute-4: running onJoin”. */
export function operationPhase(resources: readonly OperationResource[]): string {
  const active = resources.filter(resource => resource.state === 'running');
  const first = active.find(resource => resource.kind !== 'node') ?? active[0];
  if (first === undefined) return '';
  const alike = active.filter(resource => resource.kind === first.kind && resource.phase === first.phase);
  const who = alike.length === 1 ? (first.kind === 'network' ? `network ${first.name}` : first.name) : `${alike.length} ${first.kind}s`;
  const verb = /^(\w+ing)( \(.*\))?$/.exec(first.phase);
  return verb === null ? [who, first.phase].filter(part => part !== '').join(': ') : `${verb[1]} ${who}${verb[2] ?? ''}`;
}
