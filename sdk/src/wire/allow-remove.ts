import { VcpError } from './errors.js';
import type { AllowRemove } from './requests.js';

/**
 * Reads what `--allow-remove` says: `compute:4`, or several of them separated by commas.
 * @throws VcpError invalid_request naming the part that cannot be read.
 */
export function parseAllowRemove(text: string): AllowRemove {
  const allowed: Record<string, number> = {};
  for (const part of text.split(',').map(item => item.trim()).filter(item => item !== '')) {
    const match = /^([a-z][a-z0-9-]*):(\d{1,4})$/.exec(part);
    if (match === null) throw new VcpError('invalid_request', `“${part}” does not say how many nodes of which unit may go.`, { hint: 'Write UNIT:NUMBER, for example --allow-remove compute:4.' });
    allowed[match[1]!] = Number(match[2]);
  }
  return allowed;
}

/** The same in text, for query strings and hints: `compute:4,head:1`. */
export function formatAllowRemove(allowed: AllowRemove): string {
  return Object.entries(allowed).map(([unit, count]) => `${unit}:${count}`).join(',');
}
