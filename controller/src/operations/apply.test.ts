import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alice, OperationsBench } from '../../testing/doubles/operations-bench.js';

let bench: OperationsBench;
beforeEach(async () => { bench = await OperationsBench.start(); });
afterEach(async () => bench.close());

const unit = (name: string, count: number, more: object = {}): { name: string; provider: string; flavor: 'small'; count: number } => ({ name, provider: 'local', flavor: 'small', count, ...more });

describe('apply', () => {
  it('makes the network and the nodes and says what came up', async () => {
    const operation = await bench.apply({ name: 'genome', units: [unit('head', 1), unit('compute', 2)] });
    expect(bench.logged.filter(line => line.startsWith('ERROR'))).toEqual([]);
    expect(operation).toMatchObject({ state: 'succeeded', kind: 'apply', result: { summary: 'compute-1, compute-2, head-1 added: 3 nodes running (compute 2, head 1)' } });
    const vc = await bench.cloud.getVc(alice, 'genome');
    expect(vc).toMatchObject({ state: 'running', revision: 1, nodes: 3, running: 3, openOperations: [] });
    expect(bench.world.machines.size).toBe(3);
    expect(bench.world.networks.size).toBe(1);
  });
});
