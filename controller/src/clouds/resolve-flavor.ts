import { nearest, VcpError, type Price, type Size } from '@jupyterlab-vcp/sdk/wire';
import { FREE } from '../domain/index.js';
import type { ProviderFile } from './provider-file.js';

export interface CatalogFlavor { readonly name: string; readonly size: Size; readonly price: Price; readonly override: Readonly<Record<string, unknown>> }

/** Flavors of a provider's file in the form of the port. */
export function flavorsOf(file: ProviderFile): readonly CatalogFlavor[] {
  return file.flavors.map(flavor => ({ name: flavor.name, size: flavor.size, override: flavor.override, price: flavor.price === 'none' ? { ...FREE, note: 'own hardware, no charge' } : flavor.price }));
}

/** @throws VcpError not_supported (a flavor of the language that this provider lacks), invalid_request with the nearest. */
export function namedFlavor(provider: string, flavors: readonly CatalogFlavor[], wanted: string): CatalogFlavor {
  const found = flavors.find(flavor => flavor.name === wanted);
  if (found !== undefined) return found;
  const names = flavors.map(flavor => flavor.name);
  if (wanted === 'gpu') throw new VcpError('not_supported', `Provider ${provider} has no flavor “gpu”: its nodes have no GPU.`, { hint: `Use one of: ${names.join(', ')}.` });
  const near = nearest(wanted, names);
  throw new VcpError('invalid_request', `Provider ${provider} has no flavor “${wanted}”.`, { hint: near === undefined ? `Its flavors are: ${names.join(', ')}.` : `Did you mean “${near}”?` });
}

/** The smallest flavor that has at least what is wished for; the largest when none has. */
export function flavorFor(flavors: readonly CatalogFlavor[], wish: Partial<Size>): CatalogFlavor {
  const bySize = [...flavors].sort((a, b) => a.size.cpu - b.size.cpu || a.size.memoryGiB - b.size.memoryGiB);
  return bySize.find(flavor => flavor.size.cpu >= (wish.cpu ?? 0) && flavor.size.memoryGiB >= (wish.memoryGiB ?? 0) && flavor.size.gpu >= (wish.gpu ?? 0)) ?? bySize.at(-1)!;
}

/** What a size without a flavor's name is called in lists. */
export function sizeName(size: Size): string {
  return `${size.cpu} CPU, ${size.memoryGiB} GiB${size.gpu > 0 ? `, ${size.gpu} GPU` : ''}`;
}
