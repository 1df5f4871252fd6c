/** Names of virtual clouds, units and disks: `^[a-z][a-z0-9-]{1,38}[a-z0-9]$`. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{1,38}[a-z0-9]$/;
/** Names of application containers' groups (`apps:` keys) and other small labels. */
export const APP_NAME_PATTERN = /^[a-z][a-z0-9_-]{0,38}$/;

export const NAME_RULE = 'a lower-case letter, then lower-case letters, digits or "-" (3 to 40 characters, not ending in "-")';

/** A unit called `x-1` would read like node 1 of unit `x`. */
export function looksLikeNodeName(name: string): boolean {
  return /-\d+$/.test(name);
}

export function nodeName(unit: string, number: number): string {
  return `${unit}-${number}`;
}

/** The nearest legal name to what somebody typed, to be offered in an error. */
export function suggestName(text: string): string | undefined {
  const cleaned = text.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+/, '').replace(/-+$/, '').slice(0, 40);
  return NAME_PATTERN.test(cleaned) ? cleaned : undefined;
}
