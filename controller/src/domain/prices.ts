import type { Price } from '@jupyterlab-vcp/sdk/wire';

/** Currency of what costs nothing (own hardware). */
export const FREE_CURRENCY = 'none';
export const FREE: Price = { perHour: 0, currency: FREE_CURRENCY };
export const UNKNOWN_PRICE: Price = { perHour: null, currency: FREE_CURRENCY, note: 'the price is not known' };

/** The sum of several prices. Unknown parts make the sum unknown; different currencies are told apart in the note. */
export function sumPrices(prices: readonly Price[]): Price {
  if (prices.some(price => price.perHour === null)) {
    const currency = prices.find(price => price.currency !== FREE_CURRENCY)?.currency ?? FREE_CURRENCY;
    return { perHour: null, currency, note: 'the price of a part is not known' };
  }
  const byCurrency = new Map<string, { perHour: number; asOf?: string }>();
  for (const price of prices) {
    if (price.currency === FREE_CURRENCY) continue;
    const before = byCurrency.get(price.currency);
    const asOf = oldest(before?.asOf, price.asOf);
    byCurrency.set(price.currency, { perHour: (before?.perHour ?? 0) + (price.perHour ?? 0), ...(asOf === undefined ? {} : { asOf }) });
  }
  const sums = [...byCurrency.entries()];
  if (sums.length === 0) return FREE;
  if (sums.length > 1) return { perHour: null, currency: 'mixed', note: sums.map(([currency, sum]) => `${round(sum.perHour)} ${currency}`).join(' + ') };
  const [currency, sum] = sums[0]!;
  return { perHour: round(sum.perHour), currency, ...(sum.asOf === undefined ? {} : { asOf: sum.asOf }) };
}

/** The same price several times. */
export function timesPrice(price: Price, count: number): Price {
  return price.perHour === null ? price : { ...price, perHour: round(price.perHour * count) };
}

function round(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}

/** A sum is only as fresh as its oldest part. */
function oldest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined) return b;
  return b === undefined || a < b ? a : b;
}
