import { VcpError, type GroupState, type NodeView, type OperationView, type UnitView } from '../wire/index.js';
import { allowedOf, type AllowedRemovals, type SdkContext, type WaitingOptions } from './sdk-context.js';
import { VcNode } from './vc-node.js';

/** A unit with its nodes, as they were when they were read; changes made through this object refresh it. */
export class VcUnit {
  readonly name: string;
  readonly vc: string;
  readonly #context: SdkContext;
  #view: UnitView;
  #nodes: readonly VcNode[];

  constructor(context: SdkContext, view: UnitView, nodes: readonly VcNode[]) {
    this.#context = context;
    this.#view = view;
    this.#nodes = nodes;
    this.name = view.name;
    this.vc = view.vc;
  }

  get view(): UnitView { return this.#view; }
  get state(): GroupState { return this.#view.state; }
  /** How many nodes are wanted. */
  get count(): number { return this.#view.wanted; }
  get nodes(): readonly VcNode[] { return this.#nodes; }

  async refresh(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<this> {
    const [view, nodes] = await Promise.all([
      this.#context.client.getUnit(this.#view.vcId, this.name, this.#context.call(options)),
      nodesOf(this.#context, this.#view.vcId, this.name, options)
    ]);
    this.#view = view;
    this.#nodes = nodes;
    return this;
  }

  /**
   * Makes the unit have exactly `count` nodes and returns them. Fewer than now needs `allowRemove`.
   * @throws VcpError removal_not_allowed with the plan and the number to give.
   */
  async scaleTo(count: number, options: WaitingOptions & { readonly allowRemove?: AllowedRemovals | undefined } = {}): Promise<readonly VcNode[]> {
    return this.#changed((client, change) => client.scaleUnit(this.#view.vcId, this.name, { count, allowRemove: allowedOf(options.allowRemove, this.name) }, change), options);
  }

  /** Adds nodes and returns all nodes of the unit. */
  async addNodes(count = 1, options: WaitingOptions = {}): Promise<readonly VcNode[]> {
    return this.#changed((client, change) => client.addNodes(this.#view.vcId, this.name, { count }, change), options);
  }

  /** Removes the nodes named (or given) and returns those that stay. Needs `allowRemove`. */
  async removeNodes(nodes: readonly (string | VcNode)[], options: WaitingOptions & { readonly allowRemove?: AllowedRemovals | undefined } = {}): Promise<readonly VcNode[]> {
    const names = nodes.map(node => (typeof node === 'string' ? node : node.name));
    return this.#changed((client, change) => client.removeNodes(this.#view.vcId, { names, allowRemove: allowedOf(options.allowRemove, this.name) }, change), options);
  }

  toJSON(): UnitView { return this.#view; }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `VcUnit ${this.vc}/${this.name} (${this.state}, ${this.#nodes.length} of ${this.count} nodes)`;
  }

  async #changed(send: Parameters<SdkContext['perform']>[0], options: WaitingOptions): Promise<readonly VcNode[]> {
    await this.#context.perform(send, options);
    return (await this.refresh(options)).nodes;
  }
}

/** All nodes of a virtual cloud, or of one of its units. */
export async function nodesOf(context: SdkContext, vc: string, unit: string | undefined, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly VcNode[]> {
  const views: NodeView[] = [];
  let cursor: string | undefined;
  do {
    const page = await context.client.listNodes(vc, { cursor, limit: 500 }, context.call(options));
    views.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return views.filter(view => unit === undefined || view.unit === unit).sort((a, b) => (a.unit < b.unit ? -1 : a.unit > b.unit ? 1 : a.number - b.number)).map(view => new VcNode(context, view));
}

/** The nodes that a finished operation made, first to last. */
export function nodesMade(operation: OperationView, nodes: readonly VcNode[]): readonly VcNode[] {
  const added = new Set(operation.result?.added ?? []);
  const made = nodes.filter(node => added.has(node.name) || added.has(node.id));
  if (made.length === 0 && added.size > 0) throw new VcpError('not_found', `The nodes that operation ${operation.id} made are gone already.`, { operation: operation.id });
  return made;
}
