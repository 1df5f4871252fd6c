import { describe, expect, it } from 'vitest';
import { engineAddress } from './docker-client.js';

describe('address of the engine', () => {
  it.each([
    [undefined, { socketPath: '/var/run/docker.sock' }],
    ['', { socketPath: '/var/run/docker.sock' }],
    ['unix:///run/user/1000/docker.sock', { socketPath: '/run/user/1000/docker.sock' }],
    ['tcp://127.0.0.1:2376', { protocol: 'http', host: '127.0.0.1', port: 2376 }],
    ['tcp://localhost', { protocol: 'http', host: 'localhost', port: 2375 }],
    ['tcp://[::1]:2375', { protocol: 'http', host: '::1', port: 2375 }]
  ])('is read from DOCKER_HOST %s', (value, expected) => {
    expect(engineAddress(value)).toEqual(expected);
  });

  it.each(['tcp://192.0.2.4:2375', 'ssh://root@far', 'tcp://127.0.0.1.example:2375', 'npipe:////./pipe/docker_engine'])('is refused for %s: its nodes could not be reached', value => {
    expect(() => engineAddress(value)).toThrow(expect.objectContaining({ code: 'not_supported', hint: expect.stringContaining('Unset DOCKER_HOST') }));
  });
});
