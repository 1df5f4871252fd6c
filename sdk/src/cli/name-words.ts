import { VcpError, parseTarget, resolveTarget, type NodeView } from '../wire/index.js';
import type { VcpClient } from '../client/index.js';
import { UsageError } from './command.js';

/** `VC/UNIT` of a command line. @throws UsageError */
export function vcAndName(word: string, what: string): { readonly vc: string; readonly name: string } {
  const match = /^([^/\s]+)\/([^/\s]+)$/.exec(word);
  if (match === null) throw new UsageError(`“${word}” does not name a virtual cloud and ${what}`, `Write VC/${what.toUpperCase().replace(/^AN? /, '')}, for example genome/compute`);
  return { vc: match[1]!, name: match[2]! };
}

export function wholeNumber(word: string, what: string): number {
  if (!/^\d{1,4}$/.test(word)) throw new UsageError(`${what} is a whole number, not “${word}”`);
  return Number(word);
}

/** Every page of a list. */
export async function allPages<T>(read: (cursor: string | undefined) => Promise<{ readonly items: readonly T[]; readonly nextCursor?: string | undefined }>): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return items;
}

export function nodesOfVc(client: VcpClient, vc: string, signal: AbortSignal): Promise<readonly NodeView[]> {
  return allPages(cursor => client.listNodes(vc, { cursor, limit: 500 }, { signal }));
}

/**
 * The nodes that a target names. The virtual cloud may be left out while there is only one.
 * @throws VcpError not_found, invalid_request (several virtual clouds and none named)
 */
export async function nodesOfTarget(client: VcpClient, target: string, signal: AbortSignal): Promise<readonly NodeView[]> {
  const parts = parseTarget(target);
  const named = [...new Set(parts.flatMap(part => (part.vc === undefined ? [] : [part.vc])))];
  const open = parts.some(part => part.vc === undefined);
  if (!open) return resolveTarget(target, (await Promise.all(named.map(vc => nodesOfVc(client, vc, signal)))).flat());
  const vcs = await allPages(cursor => client.listVcs({ cursor, limit: 500 }, { signal }));
  if (vcs.length === 0) throw new VcpError('not_found', 'There is no virtual cloud.', { hint: 'Make one with: vcp apply FILE' });
  const whole = vcs.find(vc => parts.some(part => part.text === vc.name));
  if (vcs.length > 1 && whole !== undefined) throw new VcpError('not_found', `No node matches “${whole.name}”: it is a virtual cloud.`, { hint: `All its nodes are “${whole.name}/*”.` });
  if (vcs.length > 1) throw new VcpError('invalid_request', `“${target}” does not say in which virtual cloud.`, { hint: `Write ${vcs[0]!.name}/${target}; there are: ${vcs.map(vc => vc.name).join(', ')}.` });
  return resolveTarget(target, await nodesOfVc(client, vcs[0]!.name, signal), vcs[0]!.name);
}

/** Runs over all, at most so many at a time, and keeps the order. */
export async function mapAtMost<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = new Array<R>(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index]!);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
  return results;
}
