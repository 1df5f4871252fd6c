import { toVcpError } from '@jupyterlab-vcp/sdk/wire';
import { addressAmong, moveNode, reachOf, type CloudProvider, type Network, type Node, type NodeAddress, type StoreWriter } from '../domain/index.js';
import type { Context } from './context.js';
import type { HostsSync } from './hosts-sync.js';
import { Limiter, unlessAborted, withTimeLimit } from './limits.js';
import { electGateway, type GatewayRun } from './networks.js';
import { changeNode } from './node-rows.js';
import type { VcRefresher } from './vc-refresher.js';
import { providerLookup, unitClaim, vcClaim } from './vc-rows.js';

const QUESTIONS_AT_ONCE = 16;
/** Nodes that were stopped from outside are asked only every so many rounds whether they are back. */
const ROUNDS_FOR_STOPPED = 5;

type MachineState = 'creating' | 'running' | 'stopped' | 'other' | 'gone';

/** Asks every running node for a sign of life, and the cloud about those that give none. */
export class Watch {
  readonly #context: Context;
  readonly #refresher: VcRefresher;
  readonly #hosts: HostsSync;
  readonly #limiter = new Limiter(QUESTIONS_AT_ONCE);
  readonly #misses = new Map<string, number>();
  #round = 0;

  constructor(context: Context, refresher: VcRefresher, hosts: HostsSync) {
    this.#context = context;
    this.#refresher = refresher;
    this.#hosts = hosts;
  }

  async round(): Promise<void> {
    this.#round += 1;
    const { nodes, networks, held } = await this.#context.store.read(async reader => ({
      nodes: await reader.allNodes(), networks: await reader.allNetworks(), held: new Set((await reader.claims()).map(claim => claim.resource))
    }));
    const watched = nodes.filter(node => !isHeld(node, held) && this.#isWatched(node));
    for (const id of [...this.#misses.keys()]) if (!watched.some(node => node.id === id)) this.#misses.delete(id);
    const silent = (await Promise.all(watched.map(node => this.#limiter.run(this.#context.stopping, () => this.#ask(node, networks, nodes))))).filter(entry => entry !== undefined);
    await this.#judge(silent);
  }

  #isWatched(node: Node): boolean {
    if (node.state === 'running' || node.state === 'unreachable') return true;
    return node.state === 'error' && node.readyAt !== undefined && this.#round % ROUNDS_FOR_STOPPED === 0;
  }

  /** @returns the node with its error when it did not answer. */
  async #ask(node: Node, networks: readonly Network[], nodes: readonly Node[]): Promise<{ readonly node: Node; readonly why: string } | undefined> {
    const { shell, settings, clock, stopping, heartbeats } = this.#context;
    try {
      const address = this.#address(node, networks, nodes);
      const beat = await withTimeLimit({ ms: Math.min(settings.nodeAnswerMs, settings.heartbeatMs), what: `Asking ${node.name}`, signal: stopping, clock }, signal => shell.heartbeat(address, signal));
      heartbeats.set(node.id, beat);
      this.#misses.delete(node.id);
      if (node.state !== 'running') await this.#isBack(node);
      return undefined;
    } catch (error) {
      if (stopping.aborted) return undefined;
      this.#misses.set(node.id, (this.#misses.get(node.id) ?? 0) + 1);
      return { node, why: toVcpError(error).message };
    }
  }

  #address(node: Node, networks: readonly Network[], nodes: readonly Node[]): NodeAddress {
    return addressAmong(node, reachOf(this.#context.catalog.get(node.provider), node.region), networks, nodes);
  }

  async #isBack(node: Node): Promise<void> {
    await this.#move(node, current => moveNode(current, 'running', { heartbeatAt: this.#context.clock.now() }));
    // Names may have changed while it was away.
    this.#hosts.forget(node.id);
    await this.#hosts.write(node.id, this.#context.stopping).catch((error: unknown) => this.#context.log.warn({ err: error, node: node.name }, 'names could not be written onto a node'));
  }

  /** One that is silent may be slow, cut off, stopped or gone: the cloud knows which. */
  async #judge(silent: readonly { readonly node: Node; readonly why: string }[]): Promise<void> {
    for (const name of new Set(silent.map(entry => entry.node.provider))) {
      const provider = providerLookup(this.#context.catalog)(name);
      // One that left the catalog cannot be asked; the nodes of the others still are.
      if (provider === undefined) continue;
      const states = await this.#machines(provider);
      for (const { node, why } of silent.filter(entry => entry.node.provider === name)) await this.#judgeOne(provider, node, why, states);
    }
  }

  async #machines(provider: CloudProvider): Promise<ReadonlyMap<string, MachineState> | string> {
    const { store, settings, clock, stopping } = this.#context;
    try {
      const items = await withTimeLimit({ ms: settings.nodeAnswerMs, what: `Asking ${provider.title}`, signal: stopping, clock }, signal => provider.inventory(store.installation, { signal, progress: () => undefined }));
      return new Map(items.flatMap(item => (item.kind === 'node' && item.owner.nodeId !== undefined ? [[item.owner.nodeId, item.state] as const] : [])));
    } catch (error) {
      return provider.classify(error).error.message;
    }
  }

  async #judgeOne(provider: CloudProvider, node: Node, why: string, states: ReadonlyMap<string, MachineState> | string): Promise<void> {
    const { settings } = this.#context;
    const misses = this.#misses.get(node.id) ?? 0;
    if (typeof states !== 'string') {
      const state = states.get(node.id) ?? 'gone';
      const sure = state !== 'gone' || misses * settings.heartbeatMs >= provider.capabilities.consistencyWindowMs;
      if ((state === 'stopped' || state === 'gone') && sure) return this.#isDown(node, state);
    }
    if (misses < settings.missesUntilUnreachable || node.state !== 'running') return;
    const reason = typeof states === 'string' ? `it does not answer, and neither does ${provider.title}: ${states}` : `it does not answer: ${why}`;
    await this.#move(node, current => moveNode(current, 'unreachable', { reason }));
    await this.#replaceGateway(node);
  }

  async #isDown(node: Node, state: 'stopped' | 'gone'): Promise<void> {
    if (node.state === 'error') return;
    const reason = state === 'stopped' ? 'its machine was stopped from outside' : 'its machine was removed from outside';
    this.#context.log.warn({ node: node.name, vc: node.vcId }, `a node is down: ${reason}`);
    this.#context.shell.drop(node.id);
    await this.#move(node, current => moveNode(current, 'error', { reason, ...(state === 'gone' ? { cloudId: undefined } : {}) }));
    await this.#replaceGateway(node);
  }

  /** Others may be reached through it. */
  async #replaceGateway(node: Node): Promise<void> {
    const { context, signal } = { context: this.#context, signal: this.#context.stopping };
    const network = await context.store.read(async reader => (await reader.networks(node.vcId)).find(candidate => candidate.id === node.networkId));
    if (network?.gatewayNodeId !== node.id) return;
    const run: GatewayRun = {
      context, signal, gateways: new Map(),
      act: async (_entry, steps) => {
        const value = await unlessAborted(steps.perform(), signal);
        await context.persist(tx => steps.outcome(tx, value));
        return value;
      }
    };
    await electGateway(run, node.vcId, node.networkId, new Set([node.id])).catch((error: unknown) => context.log.warn({ err: error, network: node.networkId }, 'another gateway could not be chosen'));
  }

  /** Changes a node unless an operation took it meanwhile or it moved on. */
  async #move(seen: Node, change: (node: Node) => Node): Promise<void> {
    await this.#context.persist(async tx => {
      if (await stillFree(tx, seen)) await changeNode(tx, this.#context, seen.id, change);
    });
    this.#refresher.mark(seen.vcId);
  }
}

export function isHeld(node: Pick<Node, 'vcId' | 'unit'>, held: ReadonlySet<string>): boolean {
  return held.has(vcClaim(node.vcId)) || held.has(unitClaim(node.vcId, node.unit));
}

export async function stillFree(tx: StoreWriter, seen: Node): Promise<boolean> {
  const current = await tx.node(seen.id);
  return current?.state === seen.state && !isHeld(seen, new Set((await tx.claims()).map(claim => claim.resource)));
}
