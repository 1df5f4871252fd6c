import { createHash } from 'node:crypto';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';

/** Where virtual clouds without `network.cidr` get their addresses: 256 ranges of 16 networks of about 1000 nodes. */
export const DEFAULT_POOL = '10.64.0.0/10';
const VC_PREFIX = 18;
const NETWORK_PREFIX = 22;
/** A virtual cloud's own range must hold at least four small networks. */
const LONGEST_VC_PREFIX = 24;
/** .0 is the network, .1 the engine's gateway; .2 to .9 are kept for services of the network. */
const FIRST_HOST = 10;

export interface AddressRange { readonly start: number; readonly size: number }

/** The range that a CIDR names; bits after the prefix do not matter. @throws VcpError invalid_request. */
export function parseCidr(cidr: string): AddressRange {
  const [base, prefixText] = cidr.split('/');
  const parts = (base ?? '').split('.').map(Number);
  const prefix = Number(prefixText);
  const legal = parts.length === 4 && parts.every(part => Number.isInteger(part) && part >= 0 && part <= 255) && Number.isInteger(prefix) && prefix >= 1 && prefix <= 32;
  if (!legal) throw new VcpError('invalid_request', `“${cidr}” is not an IPv4 range such as 10.64.0.0/16.`);
  const size = 2 ** (32 - prefix);
  const address = parts.reduce((sum, part) => sum * 256 + part, 0);
  return { start: address - (address % size), size };
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.');
}

export function formatCidr(range: AddressRange): string {
  return `${formatAddress(range.start)}/${32 - Math.log2(range.size)}`;
}

export function overlaps(a: string, b: string): boolean {
  const [left, right] = [parseCidr(a), parseCidr(b)];
  return left.start < right.start + right.size && right.start < left.start + left.size;
}

/** True when `inner` lies wholly in `outer`. */
export function contains(outer: string, inner: string): boolean {
  const [big, small] = [parseCidr(outer), parseCidr(inner)];
  return small.start >= big.start && small.start + small.size <= big.start + big.size;
}

/**
 * A free range for a virtual cloud. `seed` (the installation) says where to begin, so that two
 * installations that share an engine seldom meet.
 * @throws VcpError conflict when the pool is used up.
 */
export function chooseVcCidr(pool: string, taken: readonly string[], seed: string): string {
  const range = parseCidr(pool);
  const size = Math.min(range.size, 2 ** (32 - VC_PREFIX));
  const slots = range.size / size;
  const first = createHash('sha256').update(seed).digest().readUInt32BE(0) % slots;
  const free = firstFree(range, size, taken, first);
  if (free === undefined) throw new VcpError('conflict', `No address range is left in ${pool}: ${slots} virtual clouds use it.`, { hint: 'Delete a virtual cloud that is not needed, or give this one a range with network.cidr.' });
  return formatCidr(free);
}

/**
 * A free range for one more (provider, region) of a virtual cloud.
 * @throws VcpError invalid_request when the cloud's range is too small or full.
 */
export function chooseNetworkCidr(vcCidr: string, taken: readonly string[]): string {
  const range = parseCidr(vcCidr);
  const prefix = 32 - Math.log2(range.size);
  if (prefix > LONGEST_VC_PREFIX) throw new VcpError('invalid_request', `${vcCidr} is too small for a virtual cloud.`, { hint: `Give network.cidr at least a /${LONGEST_VC_PREFIX}.` });
  const size = 2 ** (32 - Math.max(NETWORK_PREFIX, prefix + 2));
  const free = firstFree(range, size, taken, 0);
  if (free === undefined) throw new VcpError('invalid_request', `${vcCidr} has no room for another network.`, { hint: 'Use fewer regions, or a larger network.cidr.' });
  return formatCidr(free);
}

/**
 * The lowest free address of a network. `taken` holds every address in use, those of nodes on their way out too.
 * @throws VcpError invalid_request when the network is full.
 */
export function chooseAddress(networkCidr: string, taken: ReadonlySet<string>): string {
  const range = parseCidr(networkCidr);
  for (let host = FIRST_HOST; host < range.size - 1; host += 1) {
    const address = formatAddress(range.start + host);
    if (!taken.has(address)) return address;
  }
  throw new VcpError('invalid_request', `Network ${networkCidr} is full: it has ${Math.max(0, range.size - FIRST_HOST - 1)} addresses.`, { hint: 'Put further nodes into another region, or use a larger network.cidr.' });
}

function firstFree(range: AddressRange, size: number, taken: readonly string[], first: number): AddressRange | undefined {
  const used = taken.map(parseCidr);
  const slots = Math.floor(range.size / size);
  for (let index = 0; index < slots; index += 1) {
    const start = range.start + ((first + index) % slots) * size;
    if (!used.some(other => start < other.start + other.size && other.start < start + size)) return { start, size };
  }
  return undefined;
}
