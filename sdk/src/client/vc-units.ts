import { VcpError, isVcpError, type ComposeDocument, type OperationView, type UnitInput } from '../wire/index.js';
import { resolveFiles } from './load-vc-file.js';
import { allowedOf, type AllowedRemovals, type SdkContext, type WaitingOptions } from './sdk-context.js';
import { readVcObject } from '../wire/index.js';
import type { VcNode } from './vc-node.js';
import type { VcSpec } from './vc-spec.js';
import { VcUnit, nodesMade, nodesOf } from './vc-unit.js';

export interface CreateUnitOptions extends WaitingOptions {
  /** Number of nodes. Default 1. */
  readonly count?: number | undefined;
  /** Application containers on every node, also on nodes that come later: a compose document, or the path of a compose file. */
  readonly apps?: Readonly<Record<string, string | ComposeDocument>> | undefined;
  /** Script, or the path of one (`./join.sh`). */
  readonly onJoin?: string | undefined;
  readonly onLeave?: string | undefined;
  readonly ready?: string | undefined;
  readonly publicKeys?: readonly string[] | undefined;
}

/** `vc.unit`: the units of one virtual cloud. */
export class VcUnits {
  readonly #context: SdkContext;

  constructor(context: SdkContext) {
    this.#context = context;
  }

  /**
   * Makes a unit, waits until its nodes are ready and returns them. The virtual cloud is made with it if there is none of that name.
   * @throws VcpError conflict when the unit exists, invalid_request, quota_exceeded, no_capacity, …
   */
  async create(name: string, spec: VcSpec, options: CreateUnitOptions = {}): Promise<readonly VcNode[]> {
    const vc = this.#context.vc;
    const document = await resolveFiles(readVcObject({ name: vc, units: [unitOf(name, spec, options)] }), process.cwd());
    const unit = document.units[0]!;
    const operation = await this.#createUnit(vc, unit, options);
    return nodesMade(operation, await nodesOf(this.#context, operation.vcId, name, options));
  }

  /** @throws VcpError not_found naming the nearest unit. */
  async find(name: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<VcUnit> {
    const vc = this.#context.vc;
    const view = await this.#context.client.getUnit(vc, name, this.#context.call(options));
    return new VcUnit(this.#context, view, await nodesOf(this.#context, view.vcId, name, options));
  }

  async list(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly VcUnit[]> {
    const vc = this.#context.vc;
    const [units, nodes] = await Promise.all([this.#context.client.listUnits(vc, this.#context.call(options)), nodesOf(this.#context, vc, undefined, options)]);
    return units.items.map(view => new VcUnit(this.#context, view, nodes.filter(node => node.unit === view.name)));
  }

  /** Removes a unit and its nodes. Needs `allowRemove` with the number of its nodes. */
  delete(name: string, options: WaitingOptions & { readonly allowRemove?: AllowedRemovals | undefined } = {}): Promise<OperationView> {
    const vc = this.#context.vc;
    return this.#context.perform((client, change) => client.deleteUnit(vc, name, allowedOf(options.allowRemove, name), change), options);
  }

  #createUnit(vc: string, unit: UnitInput, options: CreateUnitOptions): Promise<OperationView> {
    return this.#context.perform(async (client, change) => {
      // The two requests differ, so each has a key of its own; both are tried again when the same cell runs again.
      const createVc = () => client.createVc({ document: { name: vc, units: [unit] } }, { ...change, idempotencyKey: change.idempotencyKey === undefined ? undefined : `${change.idempotencyKey}.vc` });
      try {
        return await client.createUnit(vc, { unit }, change);
      } catch (error) {
        if (!isVcpError(error)) throw error;
        if (error.code === 'not_found') return createVc();
        if (error.code !== 'conflict' || change.idempotencyKey === undefined) throw error;
        return createVc().catch((second: unknown) => { throw isVcpError(second) && ['conflict', 'stale_revision', 'removal_not_allowed'].includes(second.code) ? error : second; });
      }
    }, options);
  }
}

function unitOf(name: string, spec: VcSpec, options: CreateUnitOptions): UnitInput {
  if (typeof spec !== 'object' || spec === null || typeof spec.provider !== 'string') throw new VcpError('invalid_request', `The unit ${name} needs a spec.`, { hint: 'Get one with: await vc.spec.find("local", "small")' });
  return {
    name, provider: spec.provider, flavor: spec.flavor, ...(spec.region === undefined ? {} : { region: spec.region }), ...(spec.override === undefined ? {} : { override: { ...spec.override } }),
    count: options.count ?? 1,
    ...(options.apps === undefined ? {} : { apps: { ...options.apps } }), ...(options.publicKeys === undefined ? {} : { publicKeys: [...options.publicKeys] }),
    ...(options.onJoin === undefined ? {} : { onJoin: options.onJoin }), ...(options.onLeave === undefined ? {} : { onLeave: options.onLeave }), ...(options.ready === undefined ? {} : { ready: options.ready })
  };
}
