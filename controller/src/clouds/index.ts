export type { CatalogOptions } from './catalog-options.js';
export { createCatalog } from './provider-catalog.js';
export { dockerClient, engineAddress } from './apis/local/docker-client.js';
