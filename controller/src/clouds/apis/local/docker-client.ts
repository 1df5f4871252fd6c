import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import Docker from 'dockerode';

const DEFAULT_SOCKET = '/var/run/docker.sock';
const DEFAULT_PORT = 2375;

/** Where the engine listens. */
export type EngineAddress = { readonly socketPath: string } | { readonly protocol: 'http'; readonly host: string; readonly port: number };

/**
 * Which engine is meant: `DOCKER_HOST` as the docker command reads it, as long as that is this computer.
 * @throws VcpError not_supported: nodes are reached by their own addresses, and those of an engine on another computer
 * cannot be reached from here.
 */
export function engineAddress(dockerHost: string | undefined): EngineAddress {
  if (dockerHost === undefined || dockerHost === '') return { socketPath: DEFAULT_SOCKET };
  const socket = /^(?:unix:\/\/)?(\/.+)$/.exec(dockerHost)?.[1];
  if (socket !== undefined) return { socketPath: socket };
  const tcp = /^tcp:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::(\d+))?\/?$/.exec(dockerHost);
  if (tcp !== null) return { protocol: 'http', host: tcp[1]!.replace(/[[\]]/g, ''), port: Number(tcp[2] ?? DEFAULT_PORT) };
  throw new VcpError('not_supported', `DOCKER_HOST is ${dockerHost}, an engine that is not on this computer.`, { hint: 'Unset DOCKER_HOST, or set it to a socket here: unix:///var/run/docker.sock' });
}

export function dockerClient(address: EngineAddress): Docker {
  return new Docker(address);
}
