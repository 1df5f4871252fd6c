import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { describe, expect, it } from 'vitest';
import { classifyDockerError, isImageMissing } from './docker-errors.js';

const answer = (statusCode: number, message: string): Error => Object.assign(new Error(`(HTTP code ${statusCode}) server error - ${message} `), { statusCode, reason: 'server error', json: { message } });
const system = (code: string, syscall = 'connect'): Error => Object.assign(new Error(`${syscall} ${code} /var/run/docker.sock`), { code, syscall });

/** Words of real engines (20.10 and later), the code they mean and whether trying again may help. */
const CASES: readonly (readonly [Error, string, boolean])[] = [
  [system('ENOENT'), 'provider_unavailable', true],
  [system('ECONNREFUSED'), 'provider_unavailable', true],
  [system('ECONNRESET'), 'provider_unavailable', true],
  [system('EACCES'), 'provider_denied', false],
  [system('ENOENT', 'spawn tar'), 'provider_failed', false],
  [new Error('socket hang up'), 'provider_unavailable', true],
  [new DOMException('The operation timed out', 'TimeoutError'), 'provider_unavailable', true],
  [new DOMException('This operation was aborted', 'AbortError'), 'cancelled', false],
  [answer(500, 'write /var/lib/docker/tmp/x: no space left on device'), 'no_capacity', false],
  [answer(500, 'fork/exec /usr/bin/containerd-shim: cannot allocate memory'), 'no_capacity', false],
  [answer(403, 'Pool overlaps with other one on this address space'), 'conflict', false],
  [answer(403, 'Address already in use'), 'conflict', false],
  [answer(409, 'Conflict. The container name "/vcp-a.b.c.d" is already in use by container "1234". You have to remove (or rename) that container to be able to reuse that name.'), 'conflict', false],
  [answer(409, 'network with name vcp-a.b.c already exists'), 'conflict', false],
  [answer(400, 'Minimum memory limit allowed is 6MB'), 'invalid_request', false],
  [answer(400, 'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'), 'invalid_request', false],
  [answer(400, 'Requested CPUs are not available - requested 0-9, available: 0-1'), 'invalid_request', false],
  [answer(403, 'error while removing network: network vcp-a.b.c id 12 has active endpoints'), 'conflict', true],
  [answer(409, 'removal of container vcp-a.b.c.d is already in progress'), 'provider_failed', true],
  [answer(404, 'No such image: vcp/base:0123456789ab'), 'provider_failed', true],
  [answer(404, 'network vcp-a.b.c not found'), 'not_found', false],
  [answer(500, 'something new'), 'provider_failed', true],
  [answer(400, 'something new'), 'provider_failed', false]
];

describe('errors of the Docker engine', () => {
  it.each(CASES)('%s means %s, retryable %s', (error, code, retryable) => {
    const classified = classifyDockerError(error);
    expect([classified.error.code, classified.retryable]).toEqual([code, retryable]);
    if (code !== 'cancelled' && code !== 'not_found') expect(classified.error.hint).toBeTruthy();
    expect(classified.error.message).not.toContain('HTTP code');
  });

  it('name the range and the remedy when address ranges overlap', () => {
    expect(classifyDockerError(answer(403, 'Pool overlaps with other one on this address space')).error.hint).toContain('network.cidr');
  });

  it('that are already ours stay as they are', () => {
    const own = new VcpError('conflict', 'mine');
    expect(classifyDockerError(own)).toEqual({ error: own, retryable: false });
  });

  it.each([undefined, null, 'text', 7, {}, Object.create(null) as object])('never throw, whatever %s is', thrown => {
    expect(classifyDockerError(thrown).error.code).toBe('provider_failed');
  });

  it('tell a missing image from a missing container', () => {
    expect(isImageMissing(answer(404, 'No such image: x'))).toBe(true);
    expect(isImageMissing(answer(404, 'No such container: x'))).toBe(false);
  });
});
