import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecEvent } from '@jupyterlab-vcp/sdk/wire';
import Docker from 'dockerode';
import type { ExecSpec, NodeAddress, NodeShell } from '../domain/index.js';
import { dockerImageSource } from './docker-image-source.js';
import { createNodeShell, type NodeShellOptions } from './node-shell.js';

/** Real base containers for tests of this room, without the clouds room: the Docker of this machine and the base image are needed. */
const BASE_IMAGE = process.env['VCP_TEST_BASE_IMAGE'] ?? 'vcp/base:latest';
export const docker = new Docker();
const run = promisify(execFile);

export interface RealNodes {
  readonly shell: NodeShell;
  readonly home: string;
  readonly nodes: readonly NodeAddress[];
  container(node: NodeAddress): Docker.Container;
  /** Another controller with the same key: as after a restart. */
  again(options?: Partial<NodeShellOptions>): Promise<NodeShell>;
  close(): Promise<void>;
}

/** Starts so many nodes, each with its own engine, and waits until they are ready. */
export async function startRealNodes(count: number, options: Partial<NodeShellOptions> = {}): Promise<RealNodes> {
  const tag = `vcp-nodes-test-${randomBytes(4).toString('hex')}`;
  const home = await mkdtemp(join(tmpdir(), 'vcp-nodes-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(home, { recursive: true, force: true })];
  const close = async (): Promise<void> => { for (const step of closing.splice(0).reverse()) await step().catch(() => undefined); };
  try {
    const open = async (more: Partial<NodeShellOptions> = {}): Promise<NodeShell> => {
      const shell = await createNodeShell({ home, clock: { now: () => Date.now() }, images: dockerImageSource(docker), lostAfterMs: 1_500, ...options, ...more });
      closing.push(() => shell.close());
      return shell;
    };
    const shell = await open();
    const { network, prefix } = await makeNetwork(tag);
    closing.push(() => network.remove());
    const nodes = await Promise.all(Array.from({ length: count }, async (_, index) => {
      const name = `${tag}-${index + 1}`;
      closing.push(() => docker.getVolume(`${name}-store`).remove({ force: true }), () => docker.getContainer(name).remove({ force: true, v: true }));
      return startNode({ name, network: tag, address: `${prefix}.${10 + index}`, publicKey: shell.publicKey, vcId: tag });
    }));
    await Promise.all(nodes.map(node => shell.waitUntilReady(node, AbortSignal.timeout(60_000))));
    return { shell, home, nodes, again: open, close, container: node => docker.getContainer(node.nodeId) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function makeNetwork(name: string): Promise<{ readonly network: Docker.Network; readonly prefix: string }> {
  for (let attempt = 0; ; attempt += 1) {
    const prefix = `10.97.${randomBytes(1)[0]}`;
    try {
      return { network: await docker.createNetwork({ Name: name, IPAM: { Config: [{ Subnet: `${prefix}.0/24` }] } }), prefix };
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

async function startNode(node: { readonly name: string; readonly network: string; readonly address: string; readonly publicKey: string; readonly vcId: string }): Promise<NodeAddress> {
  const container = await docker.createContainer({
    name: node.name, Image: BASE_IMAGE, Hostname: node.name, Env: [`VCP_AUTHORIZED_KEYS=${Buffer.from(`${node.publicKey}\n`).toString('base64')}`],
    NetworkingConfig: { EndpointsConfig: { [node.network]: { IPAMConfig: { IPv4Address: node.address } } } },
    HostConfig: {
      Init: true, NetworkMode: node.network, CgroupnsMode: 'private', CapAdd: ['ALL'], CapDrop: ['SYS_RESOURCE'],
      SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'], MaskedPaths: [], ReadonlyPaths: [], DeviceCgroupRules: ['a *:* rwm'], Binds: [`${node.name}-store:/var/lib/docker`]
    }
  } as Docker.ContainerCreateOptions);
  await container.start();
  const logs = await container.logs({ follow: true, stdout: true, stderr: true });
  let text = '';
  for await (const part of logs as AsyncIterable<Buffer>) {
    text += part.toString('latin1');
    const found = /VCP-HOSTKEY (\S+ \S+)/.exec(text);
    if (found?.[1] === undefined) continue;
    (logs as unknown as { destroy(): void }).destroy();
    return { nodeId: node.name, name: node.name, vcId: node.vcId, address: node.address, hostKey: found[1] };
  }
  throw new Error(`node ${node.name} ended before it told its host key: ${text}`);
}

/** A small image with a shell, made of files of the base image, so that nothing has to be fetched. */
export async function makeSmallImage(name: string, megabytes = 0): Promise<void> {
  const script = `set -e; mkdir /tmp/i; cd /tmp/i; mkdir -p bin tmp etc; echo ${name} > etc/name; cp /bin/sh /bin/cat /bin/sleep /bin/echo /bin/env /bin/mkdir bin/; for f in $(ldd bin/* | grep -o '/[^ ]*' | grep -v ':$' | sort -u); do mkdir -p .$(dirname $f); cp $f .$f; done; head -c ${megabytes * 1024 * 1024} /dev/urandom > big; tar -c .`;
  await run('bash', ['-c', `set -o pipefail; docker run --rm --network none --entrypoint sh ${BASE_IMAGE} -c "$1" | docker import --change 'CMD ["sleep","1000"]' - ${name}`, 'bash', script]);
}

export async function removeImage(name: string): Promise<void> {
  await docker.getImage(name).remove({ force: true }).catch(() => undefined);
}

let lastId = 0;
export function command(text: string | readonly string[], more: Partial<ExecSpec> = {}): ExecSpec {
  lastId += 1;
  return { id: `ex-${process.pid}-${lastId}`, command: text, env: {}, ...more };
}

export async function collect(events: AsyncIterable<ExecEvent>): Promise<{ readonly events: readonly ExecEvent[]; readonly stdout: string; readonly stderr: string; readonly exit: Extract<ExecEvent, { type: 'exit' }> }> {
  const seen: ExecEvent[] = [];
  for await (const event of events) seen.push(event);
  const textOf = (type: 'stdout' | 'stderr'): string => seen.map(event => (event.type === type ? event.data : '')).join('');
  const exit = seen.at(-1);
  if (exit?.type !== 'exit') throw new Error('the command did not end with an exit event');
  return { events: seen, stdout: textOf('stdout'), stderr: textOf('stderr'), exit };
}

/** Reads until the output contains `found`, leaving the rest to be read on. */
export async function readUntil(events: AsyncIterator<ExecEvent>, found: string): Promise<string> {
  let text = '';
  while (!text.includes(found)) {
    const next = await events.next();
    if (next.done === true) throw new Error(`the command ended before it wrote ${found}`);
    if (next.value.type === 'stdout') text += next.value.data;
  }
  return text;
}

export function soon(ms = 30_000): AbortSignal {
  return AbortSignal.timeout(ms);
}
