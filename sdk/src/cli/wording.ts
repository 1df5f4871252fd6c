import { describePlace, type OperationView, type Plan, type Price, type Size, type VcpError } from '../wire/index.js';
import { table } from './terminal.js';

/** `1:58`, `1:02:03`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

export function price(value: Price): string {
  if (value.perHour === null) return 'price unknown';
  if (value.perHour === 0) return 'free';
  return `${value.perHour.toLocaleString('en-US', { maximumFractionDigits: 4 })} ${value.currency}/h`;
}

export function size(value: Size): string {
  return [`${value.cpu} cpu`, `${value.memoryGiB} GiB`, ...(value.gpu > 0 ? [`${value.gpu} gpu`] : []), ...(value.diskGiB === null ? [] : [`${value.diskGiB} GiB disk`])].join(', ');
}

const ICONS: Readonly<Record<string, string>> = {
  running: '●', applying: '◐', requested: '◐', booting: '◐', starting: '◐', stopping: '◐', leaving: '⊘', deleting: '⊘', deleted: '⊘', stopped: '◌', degraded: '▲', error: '✖', failed: '✖',
  empty: '○', 'needs-attention': '?', unreachable: '▲', queued: '◌', succeeded: '✔', cancelled: '⊘'
};

/** A state is an icon and a word. */
export function state(value: string): string {
  return `${ICONS[value] ?? '·'} ${value}`;
}

export function planText(plan: Plan): string {
  if (plan.changes.length === 0 && !plan.exists) return `${plan.vc} (new) without nodes`;
  if (plan.changes.length === 0) return `${plan.vc} is as the configuration says: nothing to do.`;
  const signs = { add: '＋', change: '～', remove: '－' } as const;
  const rows = plan.changes.map(change => [signs[change.action], change.kind, change.name, change.detail, change.price === undefined ? '' : price(change.price)]);
  const { add, change, remove } = plan.summary;
  return [
    `${plan.vc}${plan.exists ? '' : ' (new)'}`,
    table([' ', 'what', 'name', 'detail', 'price'], rows),
    `${add} to add, ${change} to change, ${remove} to remove · ${price(plan.priceBefore)} → ${price(plan.priceAfter)}`,
    ...plan.quota.filter(quota => !quota.enough).map(quota => `✖ quota: ${quota.provider}/${quota.region} has ${quota.limit ?? '?'} ${quota.resource}, ${quota.used} used, ${quota.needed} needed`),
    ...plan.warnings.map(warning => `▲ ${warning}`)
  ].join('\n');
}

/** One line when an operation has ended. */
export function operationLine(view: OperationView): string {
  const { totalMs, cloudMs, oursMs } = view.timing;
  const words = view.result?.summary ?? view.error?.message ?? view.phase;
  return `${state(view.state).slice(0, 1)} ${view.title}: ${words} in ${duration(totalMs)} (cloud ${duration(cloudMs)}, ours ${duration(oursMs)})`;
}

/** What happened, where, what to do, and under which operation it is kept. */
export function errorText(error: VcpError): string {
  return [
    `✖ ${error.message}`,
    ...(error.at.length > 1 || (error.at.length === 1 && !error.message.includes(error.at[0]!.message)) ? error.at.map(place => `  ${describePlace(place)}`) : []),
    ...(error.hint === undefined ? [] : [`→ ${error.hint}`]),
    ...(error.operation === undefined ? [] : [`  operation ${error.operation}`])
  ].join('\n');
}
