import { lookup } from 'node:dns/promises';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const SUITE = 'bookworm';

/**
 * The Debian mirror that this computer installs from, when it runs the same Debian release. Undefined otherwise:
 * debootstrap and Debian's own image know theirs.
 * @param aptFolder where apt keeps its sources
 */
export async function debianMirror(aptFolder = '/etc/apt'): Promise<string | undefined> {
  const parts = join(aptFolder, 'sources.list.d');
  const names = [join(aptFolder, 'sources.list'), ...(await readdir(parts).catch(() => [])).sort().map(name => join(parts, name))];
  for (const name of names) {
    const text = await readFile(name, 'utf8').catch(() => '');
    const mirror = name.endsWith('.sources') ? fromDeb822(text) : fromOneLine(text);
    if (mirror !== undefined) return mirror.replace(/\/+$/, '');
  }
  return undefined;
}

/** `deb [options] URI SUITE COMPONENT…` */
function fromOneLine(text: string): string | undefined {
  return text.split('\n').map(line => /^\s*deb\s+(?:\[[^\]]*\]\s+)?(https?:\/\/\S+)\s+(\S+)\s+(.*)$/.exec(line))
    .find(match => match?.[2] === SUITE && match[3]!.split(/\s+/).includes('main'))?.[1];
}

/** Stanzas of `Key: value` lines. */
function fromDeb822(text: string): string | undefined {
  for (const stanza of text.split(/\n\s*\n/)) {
    const lines = stanza.split('\n').filter(line => !line.startsWith('#'));
    const values = (key: string): readonly string[] => lines.map(line => new RegExp(`^${key}:\\s*(.*)$`, 'i').exec(line)?.[1]).find(value => value !== undefined)?.trim().split(/\s+/) ?? [];
    const uri = values('URIs').find(value => /^https?:\/\//.test(value));
    const off = values('Enabled').includes('no');
    if (!off && uri !== undefined && values('Types').includes('deb') && values('Suites').includes(SUITE) && values('Components').includes('main')) return uri;
  }
  return undefined;
}

/**
 * `host:address` as this computer resolves the mirror's host: a container that is built does not see its hosts file
 * or name service. Undefined when the name cannot be resolved here either (a proxy may know it).
 */
export async function mirrorHostEntry(mirror: string | undefined): Promise<string | undefined> {
  if (mirror === undefined) return undefined;
  const host = new URL(mirror).hostname;
  const found = await lookup(host, { family: 4 }).catch(() => undefined);
  return found === undefined ? undefined : `${host}:${found.address}`;
}
