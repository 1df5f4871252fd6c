import { describe, expect, it } from 'vitest';
import type { NodeAddress } from '../domain/index.js';
import type { NetworkRegistries } from './network-registries.js';
import type { NodeEngine } from './node-engine.js';
import { ImageDistributor } from './node-images.js';

const node: NodeAddress = { nodeId: 'nd1', name: 'n-1', vcId: 'vc1', address: '10.64.0.10', hostKey: 'ssh-ed25519 AAAA' };
const hasImage = { call: () => Promise.resolve({ status: 200, body: '{"Id":"sha256:1"}' }) } as unknown as NodeEngine;

describe('ImageDistributor', () => {
  it('does not let a new caller join a transfer that was broken off', async () => {
    const asked: AbortSignal[] = [];
    const distributor = new ImageDistributor({
      // The first node never answers, not even when it is given up.
      engine: (_node, signal) => (asked.push(signal) === 1 ? new Promise<NodeEngine>(() => undefined) : Promise.resolve(hasImage)),
      source: { find: () => Promise.resolve(undefined), save: () => Promise.reject(new Error('nothing is sent here')) },
      registries: {} as NetworkRegistries,
      log: () => undefined
    });
    const first = new AbortController();
    const given = distributor.ensure([node], ['debian:12'], () => undefined, first.signal);
    await expect.poll(() => asked.length).toBe(1);
    first.abort();
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    expect(asked[0]?.aborted).toBe(true);
    await distributor.ensure([node], ['debian:12'], () => undefined, AbortSignal.timeout(1_000));
    expect(asked).toHaveLength(2);
  });
});
