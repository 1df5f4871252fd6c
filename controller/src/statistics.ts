import type { Store } from './domain/index.js';
import type { Statistics } from './http/index.js';
import type { CommitFigures } from './measured-store.js';

const MOST_OPERATIONS = 1000;

/** What /metrics counts: open operations and living nodes by state. */
export async function readStatistics(store: Store, commits: CommitFigures): Promise<Statistics> {
  return store.read(async reader => {
    const operations = await reader.operations({ open: true, limit: MOST_OPERATIONS });
    const nodes = await reader.allNodes();
    return { operationsByState: countBy(operations.map(operation => operation.state)), nodesByState: countBy(nodes.map(node => node.state)), commits };
  });
}

function countBy(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
