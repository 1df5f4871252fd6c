import { VcpError, type ExecEvent } from '@jupyterlab-vcp/sdk/wire';
import type { Clock, ExecSpec, NodeAddress, NodeShell } from '../domain/index.js';
import { ConnectionPool } from './connection-pool.js';
import { copyFromNode, copyToNode } from './copy.js';
import { cancelExec, followExec, readNodeFile, type Links } from './exec-follower.js';
import { encodeExecRequest } from './exec-request.js';
import { HEARTBEAT_FILE, parseHeartbeat } from './heartbeat.js';
import { hostsLines } from './hosts-lines.js';
import type { ImageSource } from './image-source.js';
import { appViews, ensureApp, removeApp } from './node-apps.js';
import { containerLogs, removeContainerById, resolveContainer } from './node-containers.js';
import { NetworkRegistries } from './network-registries.js';
import { NodeEngine } from './node-engine.js';
import { untilAborted } from './node-errors.js';
import { ImageDistributor } from './node-images.js';
import { runOnNode } from './run-on-node.js';
import { Semaphore } from './semaphore.js';
import { loadOrCreateSshKey } from './ssh-key.js';
import { waitUntilReady } from './wait-until-ready.js';

const SSH_PORT = 22;
const LOST_AFTER_MS = 30_000;

export interface NodeShellOptions {
  /** Data folder; the ssh key lives in `ssh/` below it. */
  readonly home: string;
  readonly clock: Clock;
  readonly images: ImageSource;
  /** Told what is worth a line in the log: a way that failed and was replaced by another. */
  readonly log?: ((message: string) => void) | undefined;
  /** How long a node may be away before the outcome of a command that ran there counts as unknown. */
  readonly lostAfterMs?: number | undefined;
  readonly port?: number | undefined;
}

/** Work on nodes over kept ssh connections. Reads the controller's ssh key, or makes it the first time. */
export async function createNodeShell(options: NodeShellOptions): Promise<NodeShell> {
  const port = options.port ?? SSH_PORT;
  const key = await loadOrCreateSshKey(options.home);
  const pool = new ConnectionPool({ privateKey: key.privateKey, port });
  const links: Links = {
    helper: async (node, signal) => untilAborted((await pool.connect(node, signal)).helper(), signal, `Reaching node ${node.name}`),
    onDropped: (nodeId, listener) => pool.onDropped(nodeId, listener),
    now: () => options.clock.now(),
    lostAfterMs: options.lostAfterMs ?? LOST_AFTER_MS
  };
  const engineOf = async (node: NodeAddress, signal: AbortSignal): Promise<NodeEngine> => new NodeEngine(await pool.connect(node, signal));
  const distributor = new ImageDistributor({ engine: engineOf, source: options.images, registries: new NetworkRegistries(pool, options.images), log: options.log ?? (() => undefined) });
  const oneAtATime = new Locks();

  async function* exec(node: NodeAddress, spec: ExecSpec, signal: AbortSignal): AsyncGenerator<ExecEvent, void> {
    const container = spec.container === undefined ? undefined : await runningContainer(await engineOf(node, signal), spec.container, signal);
    const request = encodeExecRequest({ ...spec, container }, node.name);
    yield* followExec(links, { node, id: spec.id, start: { request, stdin: spec.stdin }, from: { stdout: 0, stderr: 0 }, signal });
  }

  return {
    publicKey: key.publicKey,
    waitUntilReady: (node, signal) => waitUntilReady(pool, node, signal),
    heartbeat: async (node, signal) => parseHeartbeat((await untilAborted(readNodeFile(await links.helper(node, signal), HEARTBEAT_FILE, node.name), signal, `Asking node ${node.name}`)).toString(), node.name),
    exec,
    attach: (node, id, from, signal) => followExec(links, { node, id, from, signal }),
    cancel: async (node, id) => cancelExec(await links.helper(node, AbortSignal.timeout(LOST_AFTER_MS)), id),
    copyTo: async (node, path, tar, signal) => copyToNode(await pool.connect(node, signal), path, tar, signal),
    copyFrom: async (node, path, signal) => copyFromNode(await pool.connect(node, signal), path, signal),
    ensureImages: (nodes, images, progress, signal) => distributor.ensure(nodes, images, progress, signal),
    ensureApp: async (node, app, compose, signal) => oneAtATime.run(`${node.nodeId}/${app}`, signal, async () => ensureApp({
      engine: await engineOf(node, signal), app, compose, signal, fetchImage: image => distributor.ensure([node], [image], () => undefined, signal)
    })),
    removeApp: async (node, app, signal) => oneAtATime.run(`${node.nodeId}/${app}`, signal, async () => removeApp(await engineOf(node, signal), app, signal)),
    apps: async (node, signal) => appViews(await engineOf(node, signal), signal),
    appLogs: async (node, container, tail, signal) => {
      const engine = await engineOf(node, signal);
      return containerLogs(engine, (await resolveContainer(engine, container, signal)).id, tail, signal);
    },
    removeContainer: async (node, container, signal) => {
      const engine = await engineOf(node, signal);
      const found = await resolveContainer(engine, container, signal);
      await removeContainerById(engine, found.id, found.name, signal);
    },
    setHosts: async (node, hosts, signal) => {
      const stdin = hostsLines(hosts);
      await oneAtATime.run(`${node.nodeId}/etc/hosts`, signal, async () => runOnNode(await pool.connect(node, signal), 'vcp-hosts', { stdin, signal, what: `Writing names of nodes into /etc/hosts of ${node.name}` }));
    },
    access: node => ({
      host: node.address, port, user: 'root', hostKey: node.hostKey, identityFile: key.file,
      ...(node.jump === undefined ? {} : { jump: { host: node.jump.address, port, user: 'root', hostKey: node.jump.hostKey } })
    }),
    drop: nodeId => pool.drop(nodeId),
    close: async () => pool.close()
  };
}

async function runningContainer(engine: NodeEngine, name: string, signal: AbortSignal): Promise<string> {
  const found = await resolveContainer(engine, name, signal);
  if (found.state === 'running') return found.name;
  throw new VcpError('conflict', `Container ${found.name} on node ${engine.nodeName} is ${found.state}.`, { hint: 'Look at its log, correct it, and start it again.' });
}

/** Work under the same name waits for each other, in order. */
class Locks {
  readonly #locks = new Map<string, { readonly semaphore: Semaphore; users: number }>();

  async run<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const lock = this.#locks.get(name) ?? { semaphore: new Semaphore(1), users: 0 };
    this.#locks.set(name, lock);
    lock.users += 1;
    try {
      const leave = await lock.semaphore.enter(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    } finally {
      lock.users -= 1;
      if (lock.users === 0) this.#locks.delete(name);
    }
  }
}
