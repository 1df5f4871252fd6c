import type Docker from 'dockerode';
import { describe, expect, it } from 'vitest';
import { listInventory } from './inventory.js';

const volume = (Name: string, Labels: Record<string, string> | null): object => ({ Name, Labels, CreatedAt: '2026-01-01T00:00:00Z' });
const docker = {
  listNetworks: () => Promise.resolve([]),
  listContainers: () => Promise.resolve([]),
  listVolumes: () => Promise.resolve({ Volumes: [volume('vcp-i1.vc1.nt1.nd1', null), volume('vcp-i2.vc1.nt1.nd2', null), volume('data', { 'vcp.installation': 'i1' }), volume('other', null)] })
} as unknown as Docker;

describe('listInventory', () => {
  it('finds what belongs to the installation by label, and by name where the labels are lost', async () => {
    const found = await listInventory(docker, 'i1', new AbortController().signal);
    expect(found.map(item => item.name)).toEqual(['vcp-i1.vc1.nt1.nd1', 'data']);
    expect(found[0]?.owner).toEqual({ installation: 'i1', vcId: 'vc1', networkId: 'nt1', nodeId: 'nd1' });
  });
});
