import type { Price } from '@jupyterlab-vcp/sdk/wire';

/** `ja_JP` as JupyterLab writes it, `ja-JP` as `Intl` wants it. */
export function localeOf(languageCode: string): string {
  return languageCode.replace('_', '-');
}

/** A duration as m:ss, from an hour on as h:mm:ss. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${two(seconds % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** The amount an hour; undefined where nothing is to be paid or nobody knows. */
export function amount(price: Price, locale: string): string | undefined {
  if (price.perHour === null || price.perHour === 0) return undefined;
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency: price.currency, maximumSignificantDigits: 3 }).format(price.perHour);
  } catch {
    // Points and the like are legal prices, but no currency that Intl knows.
    return `${new Intl.NumberFormat(locale).format(price.perHour)} ${price.currency}`;
  }
}

/** A local date and time with its zone, for hints. */
export function moment(iso: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(iso));
}
