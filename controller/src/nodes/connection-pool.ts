import type { NodeAddress } from '../domain/index.js';
import { NodeConnection } from './node-connection.js';
import { isHostKeyMismatch, unreachable, untilAborted } from './node-errors.js';

const CONNECT_TIMEOUT_MS = 8_000;

interface Entry {
  readonly node: NodeAddress;
  readonly signature: string;
  readonly opening: Promise<NodeConnection>;
  connection?: NodeConnection | undefined;
}

export interface PoolOptions { readonly privateKey: string; readonly port: number }

/** The kept connections, one a node. Callers that come while one is being made share it. */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #dropped = new Map<string, Set<() => void>>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * The living connection, or a new one. One try; who wants more asks again.
   * @throws node_unreachable, cancelled, timed_out.
   */
  async connect(node: NodeAddress, signal: AbortSignal | undefined, connectTimeoutMs = CONNECT_TIMEOUT_MS): Promise<NodeConnection> {
    if (this.#closed) throw unreachable(node.name, 'the controller is stopping.');
    const signature = JSON.stringify([node.address, node.hostKey, node.jump ?? null]);
    let entry = this.#entries.get(node.nodeId);
    if (entry?.connection?.alive === true && entry.signature === signature) return entry.connection;
    if (entry !== undefined && (entry.signature !== signature || entry.connection?.alive === false)) {
      entry.connection?.close();
      entry = undefined;
    }
    const joined = entry !== undefined;
    entry ??= this.#open(node, signature, connectTimeoutMs);
    try {
      return await untilAborted(entry.opening, signal, `Reaching node ${node.name}`);
    } catch (error) {
      // Somebody else's try, with a patience of its own: make one of ours.
      if (!joined || this.#closed || signal?.aborted === true || isHostKeyMismatch(error)) throw error;
      // Of several that were waiting, the first makes it and the rest join: each replaced try would be closed under its caller.
      const other = this.#entries.get(node.nodeId);
      const again = other?.signature === signature ? other : this.#open(node, signature, connectTimeoutMs);
      return untilAborted(again.opening, signal, `Reaching node ${node.name}`);
    }
  }

  /** The nodes of a virtual cloud that are connected now. */
  connected(vcId: string): readonly NodeAddress[] {
    return [...this.#entries.values()].filter(entry => entry.connection?.alive === true && entry.node.vcId === vcId).map(entry => entry.node);
  }

  /** Called once when the node is dropped. Returns the way to stop listening. */
  onDropped(nodeId: string, listener: () => void): () => void {
    const listeners = this.#dropped.get(nodeId) ?? new Set();
    this.#dropped.set(nodeId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#dropped.delete(nodeId);
    };
  }

  drop(nodeId: string): void {
    const entry = this.#entries.get(nodeId);
    this.#entries.delete(nodeId);
    entry?.opening.then(connection => connection.close(), () => undefined);
    for (const listener of [...(this.#dropped.get(nodeId) ?? [])]) listener();
  }

  close(): void {
    this.#closed = true;
    for (const nodeId of [...new Set([...this.#entries.keys(), ...this.#dropped.keys()])]) this.drop(nodeId);
  }

  #open(node: NodeAddress, signature: string, connectTimeoutMs: number): Entry {
    const entry: Entry = { node, signature, opening: this.#make(node, connectTimeoutMs) };
    this.#entries.set(node.nodeId, entry);
    entry.opening.then(
      connection => {
        entry.connection = connection;
        connection.onClosed(() => this.#forget(node.nodeId, entry));
        if (this.#entries.get(node.nodeId) !== entry) connection.close();
      },
      () => this.#forget(node.nodeId, entry)
    );
    return entry;
  }

  #forget(nodeId: string, entry: Entry): void {
    if (this.#entries.get(nodeId) === entry) this.#entries.delete(nodeId);
  }

  async #make(node: NodeAddress, connectTimeoutMs: number): Promise<NodeConnection> {
    const through = node.jump === undefined ? undefined : await this.connect(gatewayOf(node.jump, node), undefined, connectTimeoutMs);
    return NodeConnection.open({
      name: node.name, address: node.address, port: this.#options.port, hostKey: node.hostKey,
      privateKey: this.#options.privateKey, connectTimeoutMs, through
    });
  }
}

function gatewayOf(jump: NonNullable<NodeAddress['jump']>, node: NodeAddress): NodeAddress {
  return { nodeId: jump.nodeId, name: `${jump.address} (gateway of ${node.name})`, vcId: node.vcId, address: jump.address, hostKey: jump.hostKey };
}

