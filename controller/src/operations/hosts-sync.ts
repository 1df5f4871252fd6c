import { digestOf, isPresent, type Node } from '../domain/index.js';
import type { Context } from './context.js';
import { withTimeLimit } from './limits.js';
import { addressOf } from './node-rows.js';

export interface HostEntry { readonly name: string; readonly address: string }

/** Names of the nodes that are there or on their way, for /etc/hosts. */
export function hostsOf(nodes: readonly Node[]): readonly HostEntry[] {
  return nodes.filter(isPresent).map(({ name, address }) => ({ name, address }));
}

/** Keeps the names of a virtual cloud's nodes in the /etc/hosts of each of them. */
export class HostsSync {
  readonly #context: Context;
  /** What each node was given last; a node that is not here is asked again. */
  readonly #written = new Map<string, string>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Writes the names onto one node. @throws node_unreachable, timed_out. */
  async write(nodeId: string, signal: AbortSignal): Promise<void> {
    const { store, shell, settings, clock } = this.#context;
    const hosts = await store.read(async reader => {
      const node = await reader.node(nodeId);
      return node === undefined ? [] : hostsOf(await reader.nodes(node.vcId));
    });
    const digest = digestOf(hosts);
    if (this.#written.get(nodeId) === digest) return;
    const address = await addressOf(this.#context, nodeId);
    await withTimeLimit({ ms: settings.nodeAnswerMs, what: `Writing names onto ${address.name}`, signal, clock }, inner => shell.setHosts(address, hosts, inner));
    this.#written.set(nodeId, digest);
  }

  /** Writes them onto every running node. One that does not answer gets them when it is back. */
  async writeAll(vcId: string, signal: AbortSignal): Promise<void> {
    const nodes = await this.#context.store.read(reader => reader.nodes(vcId));
    await Promise.all(nodes.filter(node => node.state === 'running').map(async node => {
      try {
        await this.write(node.id, signal);
      } catch (error) {
        this.#written.delete(node.id);
        if (!signal.aborted) this.#context.log.warn({ err: error, node: node.name }, 'names could not be written onto a node');
      }
    }));
  }

  forget(nodeId: string): void {
    this.#written.delete(nodeId);
  }
}
