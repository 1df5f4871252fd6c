import { formatAllowRemove, type AllowRemove, type Plan } from '@jupyterlab-vcp/sdk/wire';
import type { MimeBundle } from '../exec/mime-bundle.js';
import { tablesBundle } from './table-bundle.js';
import { price } from './wording.js';

const SIGNS = { add: '＋ add', change: '～ change', remove: '－ remove' } as const;

/** A plan as a table: what comes, changes and goes, what it costs, how much of the quota is left; then further notes. */
export function planBundle(plan: Plan, notes: readonly string[] = []): MimeBundle {
  const { add, change, remove } = plan.summary;
  const isEmpty = plan.changes.length === 0;
  const cost = `${price(plan.priceBefore)} → ${price(plan.priceAfter)}`;
  return tablesBundle({
    title: isEmpty ? `${plan.vc} is as wanted: nothing to do` : `Plan for ${plan.vc}${plan.exists ? '' : ' (new)'}: ${add} to add, ${change} to change, ${remove} to remove · ${cost}`,
    tables: [
      {
        columns: ['Action', 'Kind', 'Name', 'Detail', 'Price'],
        rows: plan.changes.map((line) => [SIGNS[line.action], line.kind, line.name, line.detail, line.price === undefined ? '' : price(line.price)])
      },
      {
        columns: ['Quota', 'Used', 'Needed', 'Limit', ''],
        rows: isEmpty
          ? []
          : plan.quota.map((quota) => [`${quota.provider}/${quota.region} ${quota.resource}`, String(quota.used), String(quota.needed), quota.limit === null ? 'none' : String(quota.limit), quota.enough ? '✔' : `✖ ${quota.note ?? 'not enough'}`])
      }
    ],
    notes: [...plan.warnings.map((warning) => `▲ ${warning}`), ...notes]
  });
}

/** Nodes that a plan removes beyond what was allowed, by unit. */
export function removalsNotAllowed(plan: Plan, allowed: AllowRemove): AllowRemove {
  return Object.fromEntries(Object.entries(plan.removals).filter(([unit, count]) => count > (allowed[unit] ?? 0)));
}

/** The flags that would allow these removals. */
export function allowRemoveFlags(removals: AllowRemove): string {
  return `--allow-remove ${formatAllowRemove(removals)}`;
}
