import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { NodeAddress, Progress } from '../domain/index.js';
import type { ConnectionPool } from './connection-pool.js';
import { readNodeFile } from './exec-follower.js';
import type { ImageSource } from './image-source.js';
import { pushArchive } from './push-archive.js';
import { RegistryClient } from './registry-client.js';
import { runOnNode } from './run-on-node.js';

const REGISTRY_FILE = '/etc/vcp/registry.yml';
const PUSH_TIMEOUT_MS = 30 * 60_000;
/** Nodes that are asked whether they are the registry already; more would not be found faster. */
const MOST_CANDIDATES = 16;

interface Push { readonly done: Promise<string>; readonly listeners: Set<Progress> }
export interface OurImage { readonly id: string; readonly sizeBytes: number }

/**
 * One image registry a network, on one of its nodes: an image goes over the controller's connection once,
 * and the nodes pull it from their neighbour.
 */
export class NetworkRegistries {
  readonly #pool: ConnectionPool;
  readonly #source: ImageSource;
  readonly #hosts = new Map<string, NodeAddress>();
  readonly #finding = new Map<string, Promise<RegistryClient>>();
  readonly #pushes = new Map<string, Push>();

  constructor(pool: ConnectionPool, source: ImageSource) {
    this.#pool = pool;
    this.#source = source;
  }

  /**
   * What a node has to pull to get that image of ours; it is put into the registry of the node's network first where it is not there.
   * Callers that want the same share the work. @throws what the registry or its node says.
   */
  async provide(node: NodeAddress, candidates: readonly NodeAddress[], image: string, ours: OurImage, progress: Progress): Promise<string> {
    const key = `${networkOf(node)}\0${ours.id}`;
    let push = this.#pushes.get(key);
    if (push === undefined) {
      const listeners = new Set<Progress>();
      const done = this.#provide(node, candidates, image, ours, (message, share) => { for (const listener of listeners) listener(message, share); });
      push = { done, listeners };
      this.#pushes.set(key, push);
      const forget = (): void => void this.#pushes.delete(key);
      done.then(forget, forget);
    }
    push.listeners.add(progress);
    return push.done;
  }

  async #provide(node: NodeAddress, candidates: readonly NodeAddress[], image: string, ours: OurImage, progress: Progress): Promise<string> {
    const registry = await this.#registryOf(node, candidates);
    const tag = ours.id.replace(/^sha256:/, '');
    const known = await registry.findManifest(tag);
    if (known !== undefined) return registry.referenceOf(known);
    let sent = 0;
    const archive = await this.#source.save(image);
    const timer = setTimeout(() => archive.destroy(new VcpError('timed_out', `Image ${image} could not be sent within ${PUSH_TIMEOUT_MS / 60_000} minutes.`)), PUSH_TIMEOUT_MS);
    try {
      return registry.referenceOf(await pushArchive(registry, archive, tag, bytes => {
        sent += bytes;
        progress(`Sending image ${image}`, ours.sizeBytes === 0 ? undefined : Math.min(0.99, sent / ours.sizeBytes));
      }));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Several callers may ask at once; the registry is looked for and started by one of them. */
  #registryOf(node: NodeAddress, candidates: readonly NodeAddress[]): Promise<RegistryClient> {
    const network = networkOf(node);
    const running = this.#finding.get(network);
    if (running !== undefined) return running;
    const finding = this.#findRegistry(node, candidates).finally(() => this.#finding.delete(network));
    this.#finding.set(network, finding);
    return finding;
  }

  async #findRegistry(node: NodeAddress, candidates: readonly NodeAddress[]): Promise<RegistryClient> {
    const network = networkOf(node);
    const known = this.#hosts.get(network);
    if (known !== undefined) {
      const registry = await this.#start(known).catch(() => undefined);
      if (registry !== undefined) return registry;
      this.#hosts.delete(network);
    }
    const neighbours = new Map([...this.#pool.connected(node.vcId), ...candidates, node].filter(other => networkOf(other) === network).map(other => [other.nodeId, other]));
    const ordered = [...neighbours.values()].sort((a, b) => addressNumber(a.address) - addressNumber(b.address)).slice(0, MOST_CANDIDATES);
    const host = (await this.#firstWithRegistry(ordered)) ?? ordered[0] ?? node;
    const registry = await this.#start(host);
    this.#hosts.set(network, host);
    return registry;
  }

  async #firstWithRegistry(nodes: readonly NodeAddress[]): Promise<NodeAddress | undefined> {
    const found = await Promise.all(nodes.map(async node => {
      try {
        const connection = await this.#pool.connect(node, undefined, 1_000);
        await readNodeFile(await connection.helper(), REGISTRY_FILE, node.name);
        return node;
      } catch {
        // Not a registry, or not to be reached: either way not this one.
        return undefined;
      }
    }));
    return found.find(node => node !== undefined);
  }

  /** Starting one that runs only asks it for its address. */
  async #start(node: NodeAddress): Promise<RegistryClient> {
    const connection = await this.#pool.connect(node, undefined);
    const address = (await runOnNode(connection, 'vcp-registry', { what: `Starting the image registry on node ${node.name}` })).trim();
    return new RegistryClient(connection, address);
  }
}

/** Networks are at least 1024 addresses apart unless the range of a virtual cloud is a very small one. */
function networkOf(node: NodeAddress): string {
  return `${node.vcId}/${Math.floor(addressNumber(node.address) / 1024)}`;
}

function addressNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
