/** One line of the benchmark table. All numbers of a row come from one run; `ratio` = ours / other. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly other: number | null;
  readonly otherName: string;
  readonly ratio: number | null;
  readonly target: string;
  readonly met: boolean | null;
}

export type Target =
  | { readonly kind: 'ratio'; readonly most: number }
  | { readonly kind: 'added'; readonly most: number }
  | { readonly kind: 'below'; readonly most: number }
  | { readonly kind: 'report' };

export function row(name: string, unit: string, ours: number, other: number | null, otherName: string, target: Target): Row {
  const ratio = other === null ? null : ours / other;
  return { name, unit, ours: rounded(ours), other: other === null ? null : rounded(other), otherName, ratio: ratio === null ? null : rounded(ratio), target: words(target, unit), met: isMet(target, ours, other) };
}

function isMet(target: Target, ours: number, other: number | null): boolean | null {
  switch (target.kind) {
    case 'ratio': return other === null ? null : ours / other <= target.most;
    case 'added': return other === null ? null : ours - other <= target.most;
    case 'below': return ours < target.most;
    case 'report': return null;
  }
}

function words(target: Target, unit: string): string {
  switch (target.kind) {
    case 'ratio': return `<= ${target.most} x`;
    case 'added': return `<= + ${target.most} ${unit}`;
    case 'below': return `< ${target.most} ${unit}`;
    case 'report': return 'report';
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!;
}

/** Milliseconds that `work` took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
