import type { Plan } from '@jupyterlab-vcp/sdk/wire';
import type { CloudProvider } from './ports.js';
import type { NewNode } from './plan-unit.js';

/** What a provider answered about one region. */
export type QuotaFact = Awaited<ReturnType<CloudProvider['quota']>>[number] & { readonly provider: string; readonly region: string };

/** What the new nodes need against what is left. Only places that get nodes have lines. */
export function quotaLines(nodes: readonly NewNode[], facts: readonly QuotaFact[]): Plan['quota'] {
  return facts.flatMap(fact => {
    const here = nodes.filter(node => node.provider === fact.provider && node.region === fact.region);
    if (here.length === 0) return [];
    const needed = here.reduce((sum, node) => sum + need(node, fact.resource), 0);
    return [{
      provider: fact.provider, region: fact.region, resource: fact.resource, needed, limit: fact.limit, used: fact.used,
      enough: fact.limit === null || fact.used + needed <= fact.limit, ...(fact.note === undefined ? {} : { note: fact.note })
    }];
  });
}

function need(node: NewNode, resource: QuotaFact['resource']): number {
  switch (resource) {
    case 'nodes': return 1;
    case 'cpu': return node.spec.size.cpu;
    case 'memoryGiB': return node.spec.size.memoryGiB;
  }
}
