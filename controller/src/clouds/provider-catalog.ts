import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nearest, VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { CloudProvider, ProviderCatalog } from '../domain/index.js';
import { createLocalProvider } from './apis/local/local-provider.js';
import type { CatalogOptions } from './catalog-options.js';
import { readProviderFile, type ProviderFile } from './provider-file.js';

type DriverFactory = (file: ProviderFile, options: CatalogOptions) => CloudProvider;

/** One entry a cloud API; a new cloud adds its folder in `apis/` and its line here. */
const DRIVERS: Readonly<Record<string, DriverFactory>> = { local: createLocalProvider };

/**
 * Reads the catalog and binds each provider to the driver of its cloud API. Talks to no cloud yet.
 * @throws VcpError invalid_request with file, line and column for a mistake in a provider's file.
 */
export function createCatalog(options: CatalogOptions): ProviderCatalog {
  const files = readdirSync(options.catalogFolder).filter(file => file.endsWith('.yml')).sort();
  const providers = new Map<string, CloudProvider>();
  for (const file of files) {
    const described = readProviderFile(join(options.catalogFolder, file));
    if (providers.has(described.name)) throw new VcpError('invalid_request', `Two provider files in ${options.catalogFolder} are called “${described.name}”; ${file} is the second.`, { hint: 'Give each provider a name of its own.' });
    providers.set(described.name, bind(described, file, options));
  }
  return {
    list: () => [...providers.values()],
    get(name) {
      const found = providers.get(name);
      if (found !== undefined) return found;
      const near = nearest(name, providers.keys());
      throw new VcpError('not_found', `There is no provider “${name}”.`, { hint: near === undefined ? `Known providers: ${[...providers.keys()].join(', ')}.` : `Did you mean “${near}”?` });
    }
  };
}

function bind(described: ProviderFile, file: string, options: CatalogOptions): CloudProvider {
  const create = DRIVERS[described.api];
  if (create !== undefined) return create(described, options);
  const near = nearest(described.api, Object.keys(DRIVERS));
  throw new VcpError('invalid_request', `Provider “${described.name}” (${file}) names the cloud API “${described.api}”, which this version does not have.`, { hint: near === undefined ? `Known cloud APIs: ${Object.keys(DRIVERS).join(', ')}.` : `Did you mean “${near}”?` });
}
