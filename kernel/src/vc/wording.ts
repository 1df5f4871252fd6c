import type { OperationView, Price, Size } from '@jupyterlab-vcp/sdk/wire';

/** `1:58`, `1:02:03`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const pad = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

const SYMBOLS: Readonly<Record<string, string>> = { JPY: '¥', USD: '$', EUR: '€', GBP: '£' };

export function price({ perHour, currency }: Price): string {
  if (perHour === null) return 'price unknown';
  if (perHour === 0) return 'free';
  const amount = perHour.toLocaleString('en', { maximumFractionDigits: 3 });
  return `${SYMBOLS[currency] ?? ''}${amount}${SYMBOLS[currency] === undefined ? ` ${currency}` : ''}/h`;
}

export function size({ cpu, memoryGiB, gpu, diskGiB }: Size): string {
  return [`${cpu} CPU`, `${memoryGiB} GiB`, ...(gpu > 0 ? [`${gpu} GPU`] : []), ...(diskGiB === null ? [] : [`${diskGiB} GiB disk`])].join(', ');
}

const ICONS: Readonly<Record<string, string>> = {
  running: '●',
  applying: '◐',
  requested: '◐',
  booting: '◐',
  starting: '◐',
  stopping: '◐',
  leaving: '⊘',
  deleting: '⊘',
  deleted: '⊘',
  stopped: '◌',
  degraded: '▲',
  unreachable: '▲',
  error: '✖',
  failed: '✖',
  empty: '○',
  'needs-attention': '?',
  queued: '◌',
  succeeded: '✔',
  cancelled: '⊘'
};

/** A state as icon and word: colour alone says nothing to many. */
export function state(value: string): string {
  return `${ICONS[value] ?? '·'} ${value}`;
}

/** One line for an operation that has ended. */
export function operationLine(operation: OperationView): string {
  const { totalMs, cloudMs, oursMs } = operation.timing;
  const icon = ICONS[operation.state] ?? '·';
  const what = operation.result?.summary ?? operation.error?.message ?? operation.phase;
  return `${icon} ${about(operation.vc, what)} in ${duration(totalMs)} (cloud ${duration(cloudMs)}, ours ${duration(oursMs)})`;
}

/** The virtual cloud is named in everything that is said about it, once. */
export function about(vc: string, what: string): string {
  return what.split(/[^\w-]+/).includes(vc) ? what : `${vc}: ${what}`;
}

/** Local time of an ISO date, seconds included. */
export function localTime(iso: string): string {
  return new Date(iso).toLocaleTimeString('en-GB');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
