import type Docker from 'dockerode';
import { describe, expect, it } from 'vitest';
import type { NodeRequest } from '../../../domain/index.js';
import { ensureNodeContainer } from './node-container.js';

const request: NodeRequest = {
  ownership: { installation: 'i1', vcId: 'vc1', networkId: 'nt1', nodeId: 'nd1', operation: 'op1' }, vcName: 'trial', nodeName: 'head-1', region: 'one', networkCloudId: 'n',
  address: '10.64.0.10', spec: { flavor: 'small', size: { cpu: 1, memoryGiB: 1, gpu: 0, diskGiB: null }, override: {}, publicKeys: [], digest: '' }, authorizedKeys: [], hosts: []
};
const answer = (statusCode: number, message: string): Error => Object.assign(new Error(message), { statusCode, json: { message } });

/** An engine that holds a name for a container which it does not show. */
function stubbornEngine(): { readonly docker: Docker; readonly creates: () => number } {
  let creates = 0;
  const docker = {
    createVolume: () => Promise.resolve({}),
    createContainer: () => { creates += 1; return Promise.reject(answer(409, 'The container name is already in use')); },
    getContainer: () => ({ inspect: () => Promise.reject(answer(404, 'No such container')) })
  };
  return { docker: docker as unknown as Docker, creates: () => creates };
}

describe('ensureNodeContainer', () => {
  it('gives up, with what the engine says, where a name is taken by a container that is not there', async () => {
    const { docker, creates } = stubbornEngine();
    const work = ensureNodeContainer({ docker, image: 'x', processors: 2, networkName: 'n', networkCidr: '10.64.0.0/24', nameTakenMs: 40 }, request, new AbortController().signal);
    await expect(work).rejects.toMatchObject({ statusCode: 409 });
    expect(creates()).toBeGreaterThan(1);
  });
});
