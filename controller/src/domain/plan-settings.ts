import type { PlanChange, UnitDocument, VcDocument } from '@jupyterlab-vcp/sdk/wire';
import { sameValue } from './unit-spec.js';

/** When a changed setting takes effect, in words. */
const EFFECT: Readonly<Record<string, string>> = {
  provider: 'for nodes made from now on', region: 'for nodes made from now on', flavor: 'for nodes made from now on',
  override: 'for nodes made from now on', publicKeys: 'for nodes made from now on', onJoin: 'for nodes that join from now on',
  onLeave: 'for nodes that leave from now on', ready: 'for nodes that join from now on'
};

/** Lines for settings of a unit that change without touching a running node. */
export function unitSettings(before: UnitDocument | undefined, after: UnitDocument, facts: { readonly nodes: number; readonly linesForCount: boolean }): readonly PlanChange[] {
  if (before === undefined) return [];
  const lines = Object.entries(EFFECT)
    .filter(([key]) => !sameValue(before[key as keyof UnitDocument], after[key as keyof UnitDocument]))
    // A region that was only left out before says nothing new.
    .filter(([key]) => key !== 'region' || facts.nodes === 0)
    .map(([key, effect]): PlanChange => ({ action: 'change', kind: 'setting', unit: after.name, name: `${after.name}.${key}`, detail: `${shown(before[key as keyof UnitDocument], after[key as keyof UnitDocument])}${effect}` }));
  const count: readonly PlanChange[] = before.count === after.count || facts.linesForCount ? [] : [{ action: 'change', kind: 'setting', unit: after.name, name: `${after.name}.count`, detail: `${before.count} → ${after.count}` }];
  return [...lines, ...count];
}

export function documentSettings(before: VcDocument | undefined, after: VcDocument): readonly PlanChange[] {
  if (before === undefined || before.description === after.description) return [];
  return [{ action: 'change', kind: 'setting', name: 'description', detail: after.description === undefined ? 'removed' : 'a new text' }];
}

function shown(before: unknown, after: unknown): string {
  const short = (value: unknown): string | undefined => (typeof value === 'string' && value.length <= 40 && !value.includes('\n') ? value : undefined);
  const [left, right] = [short(before), short(after)];
  if (left !== undefined && right !== undefined) return `${left} → ${right}, `;
  return after === undefined ? 'removed, ' : before === undefined ? 'new, ' : '';
}
