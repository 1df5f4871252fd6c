import type { NodeState, NodeView } from '../wire/index.js';
import { NodeContainers } from './node-containers.js';
import { execOnNode, type ExecOptions, type ExecResult } from './node-exec.js';
import type { SdkContext } from './sdk-context.js';
import { unpackTo, uploadOf } from './tar-copy.js';

/** One node, as it was when it was read; `refresh` reads it again. */
export class VcNode {
  readonly id: string;
  readonly name: string;
  readonly number: number;
  readonly unit: string;
  readonly vc: string;
  /** Application containers of this node. */
  readonly containers: NodeContainers;
  readonly #context: SdkContext;
  #view: NodeView;

  constructor(context: SdkContext, view: NodeView) {
    this.#context = context;
    this.#view = view;
    this.id = view.id;
    this.name = view.name;
    this.number = view.number;
    this.unit = view.unit;
    this.vc = view.vc;
    this.containers = new NodeContainers(context, view.vcId, view.name);
  }

  get state(): NodeState { return this.#view.state; }
  /** IPv4 address on the virtual network; null before it is known. */
  get address(): string | null { return this.#view.address; }
  get view(): NodeView { return this.#view; }

  async refresh(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<this> {
    this.#view = await this.#context.client.getNode(this.#view.vcId, this.id, this.#context.call(options));
    return this;
  }

  /**
   * Runs a command once: text goes through `/bin/sh -c`, a list runs as it is. A non-zero code is a result, not an error.
   * @throws VcpError node_unreachable, cancelled, not_found
   */
  exec(command: string | readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return execOnNode(this.#context, this.#view.vcId, this.name, command, options);
  }

  /** Copies a file or folder of this machine to the node. `remote` is its new name; ending in "/", the folder to copy into. */
  async copyTo(local: string, remote: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { folder, tar } = await uploadOf(local, remote);
    const { signal, origin } = this.#context.change({ ...options, idempotencyKey: '' });
    await this.#context.client.copyTo(this.#view.vcId, this.name, folder, tar, { signal, origin });
  }

  /** Copies a file or folder of the node here and returns its local path. `local` ending in "/" is the folder to copy into. */
  async copyFrom(remote: string, local: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<string> {
    return unpackTo(await this.#context.client.copyFrom(this.#view.vcId, this.name, remote, this.#context.call(options)), local);
  }

  toJSON(): NodeView { return this.#view; }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `VcNode ${this.vc}/${this.name} (${this.state}${this.address === null ? '' : `, ${this.address}`})`;
  }
}
