import { describe, expect, it } from 'vitest';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { Store } from './domain/index.js';
import { measuredStore } from './measured-store.js';
import { StopSteps } from './stop-steps.js';

describe('measuredStore', () => {
  it('counts commits, and says why nothing can be written until it can again', async () => {
    let failure: VcpError | undefined;
    const inner = { bootEpoch: 1, installation: 'i', transaction: async (work: (tx: never) => Promise<unknown>) => { if (failure !== undefined) throw failure; return work(undefined as never); } } as unknown as Store;
    const { store, commits, writeProblem } = measuredStore(inner);
    expect(await store.transaction(async () => 5)).toBe(5);
    failure = new VcpError('store_read_only', 'the disk is full');
    await expect(store.transaction(async () => 5)).rejects.toBe(failure);
    expect([commits().count, writeProblem()]).toEqual([1, 'the disk is full']);
    failure = undefined;
    await store.transaction(async () => 5);
    expect([commits().count, writeProblem()]).toEqual([2, undefined]);
    expect(commits().maxMs).toBeGreaterThanOrEqual(0);
  });
});

describe('StopSteps', () => {
  it('ends what was begun last first, once, whatever fails', async () => {
    const ended: string[] = [];
    const steps = new StopSteps({ warn: () => { ended.push('warned'); }, debug: () => undefined });
    steps.add('a', () => { ended.push('a'); });
    steps.add('b', async () => { throw new Error('no'); });
    steps.add('c', () => { ended.push('c'); });
    await Promise.all([steps.run(), steps.run()]);
    expect(ended).toEqual(['c', 'warned', 'a']);
  });
});
