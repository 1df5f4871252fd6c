import { getServers } from 'node:dns';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type Docker from 'dockerode';
import { overlaps, type CreatedNode, type NodeRequest, type Ownership } from '../../../domain/index.js';
import { isGone, statusOf } from './docker-errors.js';
import { followConsole, readHostKey } from './host-key.js';
import { decodeOwner, encodeOwner, ownerLabels, sameOwner } from './owner-names.js';
import { untilAborted } from './until-aborted.js';

const GIB = 1_073_741_824;
const MIB = 1_048_576;
const NODE_LABEL = 'vcp.node';
const CLOUD_LABEL = 'vcp.cloud';
/** The engine keeps a name from when it begins to make a container, and shows the container only when it is made. */
const NAME_TAKEN_MS = 30_000;
const LONGEST_PAUSE_MS = 500;
/** Longer than the engine takes to kill a container and to unmount what it had. */
const REMOVAL_MS = 60_000;
/** Ranges for the networks inside a node; the first that is clear of the virtual cloud's and this computer's is taken. */
const ENGINE_POOLS = ['192.168.192.0/18', '172.30.0.0/16', '10.254.0.0/16'] as const;

export interface NodeContainerOptions {
  readonly docker: Docker; readonly image: string; readonly processors: number; readonly networkName: string; readonly networkCidr: string;
  /** How long a name may be taken by a container that is not there. */
  readonly nameTakenMs?: number | undefined;
}

/**
 * Makes and starts a node, or takes over what an earlier attempt has left of it, and returns once its host key is known.
 */
export async function ensureNodeContainer(options: NodeContainerOptions, request: NodeRequest, signal: AbortSignal): Promise<CreatedNode> {
  const began = performance.now();
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const made = await tryNodeContainer(options, request, signal);
    if ('hostKey' in made) return made;
    if (performance.now() - began >= (options.nameTakenMs ?? NAME_TAKEN_MS)) throw made.taken;
    await untilAborted(delay(pauseMs), signal);
  }
}

/** @returns what the engine said where the name is taken by a container that is not there: no longer, or not yet. */
async function tryNodeContainer(options: NodeContainerOptions, request: NodeRequest, signal: AbortSignal): Promise<CreatedNode | { readonly taken: unknown }> {
  const name = encodeOwner(request.ownership);
  const { docker } = options;
  await docker.createVolume({ Name: name, Labels: labelsOf(request) });
  signal.throwIfAborted();
  let taken: unknown;
  try {
    const container = await docker.createContainer(definition(options, request, name));
    signal.throwIfAborted();
    return await start(docker, container, request, signal, false);
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    taken = error;
  }
  const existing = await adoptable(docker, name, request);
  signal.throwIfAborted();
  return existing === undefined ? { taken } : start(docker, existing, request, signal, true);
}

/** A node that has run `before` keeps its key, and its console may no longer hold the line. */
async function start(docker: Docker, container: Docker.Container, request: NodeRequest, signal: AbortSignal, before: boolean): Promise<CreatedNode> {
  const console = await followConsole(docker, container, request.nodeName);
  try {
    // 304: it runs already.
    await container.start().catch((error: unknown) => { if (statusOf(error) !== 304) throw error; });
    const told = before ? Promise.race([console.hostKey, keyOnDisk(container, console.hostKey)]) : console.hostKey;
    const hostKey = await untilAborted(told.catch((error: unknown) => keyAfterBreak(container, error)), signal);
    return { cloudId: container.id, address: request.address, hostKey };
  } finally {
    console.close();
  }
}

/** The console ends with the node, but also with the engine: the latter is told by the engine's silence or by a node that lives. */
async function keyAfterBreak(container: Docker.Container, error: unknown): Promise<string> {
  const { State: state } = await container.inspect();
  const key = state.Running ? await readHostKey(container) : undefined;
  if (key === undefined) throw error;
  return key;
}

/** The key file where there is one; else what the console will say. */
async function keyOnDisk(container: Docker.Container, fromConsole: Promise<string>): Promise<string> {
  return (await readHostKey(container)) ?? fromConsole;
}

/** @returns the container of that name if it is this node; undefined when it was on its way out and now is gone. */
async function adoptable(docker: Docker, name: string, request: NodeRequest): Promise<Docker.Container | undefined> {
  const container = docker.getContainer(name);
  let found: Docker.ContainerInspectInfo;
  try {
    found = await container.inspect();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  if (!sameOwner(decodeOwner(found.Name, found.Config.Labels), request.ownership)) {
    throw new VcpError('conflict', `A container called ${name} exists and is not ours.`, { hint: `Remove it, then retry: docker rm -f ${name}` });
  }
  const address = Object.values(found.NetworkSettings.Networks)[0]?.IPAMConfig?.IPv4Address;
  if (found.State.Dead || (found.State.Status as string) === 'removing' || address !== request.address) {
    await removeContainer(docker, name);
    return undefined;
  }
  return docker.getContainer(found.Id);
}

/** Removes a node's container and volume. Succeeds when they are gone. */
export async function removeNode(docker: Docker, ownership: Ownership): Promise<void> {
  const name = encodeOwner(ownership);
  await removeContainer(docker, name);
  try {
    await docker.getVolume(name).remove();
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function removeContainer(docker: Docker, name: string): Promise<void> {
  const container = docker.getContainer(name);
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    if (isGone(error)) return;
    // Somebody else removes it at this moment: wait for that.
    if (statusOf(error) !== 409) throw error;
    await container.wait({ condition: 'removed', abortSignal: AbortSignal.timeout(REMOVAL_MS) }).catch((gone: unknown) => { if (!isGone(gone)) throw gone; });
  }
}

function labelsOf(request: NodeRequest): Record<string, string> {
  return { ...ownerLabels(request.ownership), [NODE_LABEL]: request.nodeName, [CLOUD_LABEL]: request.vcName };
}

/**
 * The container of a node. It may do what root may do here but lift resource limits, which not every computer can grant;
 * it sees its own control groups only, so the limits below bind all that runs in it. It never sees the engine's socket.
 */
function definition(options: NodeContainerOptions, request: NodeRequest, name: string): Docker.ContainerCreateOptions {
  const { size, override } = request.spec;
  const memory = Math.round(size.memoryGiB * GIB);
  const sharedMemoryMiB = override['sharedMemoryMiB'];
  const processors = override['processors'];
  const engineNames = engineNameServers();
  return {
    name, Hostname: request.nodeName, Image: options.image, Labels: labelsOf(request), StopTimeout: 10,
    Env: [
      `VCP_AUTHORIZED_KEYS=${Buffer.from(request.authorizedKeys.map(key => `${key.trim()}\n`).join('')).toString('base64')}`,
      `VCP_ENGINE_POOL=${enginePool(options.networkCidr)}`,
      ...(engineNames.length === 0 ? [] : [`VCP_ENGINE_DNS=${engineNames.join(' ')}`])
    ],
    HostConfig: {
      Init: true,
      // The node comes back with this computer; one that was deleted does not.
      RestartPolicy: { Name: 'unless-stopped' },
      NetworkMode: options.networkName,
      CgroupnsMode: 'private',
      CapAdd: ['ALL'], CapDrop: ['SYS_RESOURCE'],
      SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'],
      MaskedPaths: [], ReadonlyPaths: [],
      DeviceCgroupRules: ['a *:* rwm'],
      Binds: [`${name}:/var/lib/docker`],
      ExtraHosts: request.hosts.map(host => `${host.name}:${host.address}`),
      Memory: memory, MemorySwap: memory,
      NanoCpus: Math.round(Math.min(size.cpu, options.processors) * 1e9),
      ...(typeof processors === 'string' ? { CpusetCpus: processors } : {}),
      ...(typeof sharedMemoryMiB === 'number' ? { ShmSize: sharedMemoryMiB * MIB } : {}),
      // The console is read back: whatever the engine's own default for logs is, this one can be.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '2' } }
    } as Docker.HostConfig,
    NetworkingConfig: { EndpointsConfig: { [options.networkName]: { IPAMConfig: { IPv4Address: request.address }, Aliases: [request.nodeName] } } }
  };
}

function enginePool(networkCidr: string): string {
  const here = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? []).flatMap(address => (address.family === 'IPv4' && address.cidr !== null ? [address.cidr] : []));
  const clear = ENGINE_POOLS.filter(pool => !overlaps(pool, networkCidr));
  return clear.find(pool => !here.some(range => overlaps(pool, range))) ?? clear[0] ?? ENGINE_POOLS[0];
}

/**
 * Name servers for application containers. The node's own is the outer engine's at 127.0.0.11, which they cannot reach;
 * a loopback server of this computer is of no use to them either.
 */
function engineNameServers(): readonly string[] {
  const usable = (servers: readonly string[]): readonly string[] => servers.filter(server => /^\d+\.\d+\.\d+\.\d+$/.test(server) && !server.startsWith('127.'));
  const own = usable(getServers());
  if (own.length > 0) return own;
  try {
    return usable([...readFileSync('/run/systemd/resolve/resolv.conf', 'utf8').matchAll(/^nameserver\s+(\S+)/gm)].map(match => match[1]!));
  } catch {
    return [];
  }
}
