import { VcpError, isVcpError, resolveTarget, type AllowRemove, type OperationView, type Page, type Plan, type VcDocument, type VcInput, type VcView, type VcpEvent } from '../wire/index.js';
import { currentDefaults } from './defaults.js';
import { loadVcInput } from './load-vc-file.js';
import { urlTransport } from './node-transport.js';
import { SdkContext, type WaitingOptions } from './sdk-context.js';
import type { VcNode } from './vc-node.js';
import { SpecFinder } from './vc-spec.js';
import { nodesOf } from './vc-unit.js';
import { VcUnits } from './vc-units.js';
import { VcOperations } from './vc-operations.js';
import { VcpClient } from './vcp-client.js';

export interface VcpSdkOptions {
  /** Name of the virtual cloud. */
  readonly name?: string | undefined;
  /** Token for a shared controller (VCP_URL). */
  readonly accessKey?: string | undefined;
  readonly client?: VcpClient | undefined;
}

export interface ApplyOptions extends WaitingOptions {
  /** Digest of the plan that was looked at: apply does exactly that, or refuses. */
  readonly planDigest?: string | undefined;
  /** How many nodes of which unit may go, e.g. `{compute: 4}`. */
  readonly allowRemove?: AllowRemove | undefined;
  /** Go on without asking (only where somebody could be asked). */
  readonly yes?: boolean | undefined;
  readonly onFailure?: 'keep' | 'rollback' | undefined;
}

/**
 * A virtual cloud, by name. Making the object contacts nobody; every method does, and has to be awaited.
 *
 * ```ts
 * const vc = new VcpSDK(undefined, 'genome');
 * const spec = await vc.spec.find('local', 'small');
 * const nodes = await vc.unit.create('compute', spec, { count: 2 });
 * const { stdout } = await nodes[0].exec('hostname');
 * await vc.cleanup();
 * ```
 */
export class VcpSDK {
  readonly spec: SpecFinder;
  readonly unit: VcUnits;
  readonly operations: VcOperations;
  readonly #context: SdkContext;

  /** @param accessKey token for a shared controller; not needed on a person's own machine */
  constructor(accessKey?: string | VcpSdkOptions, name?: string) {
    const options: VcpSdkOptions = typeof accessKey === 'object' ? accessKey : { accessKey, name };
    this.#context = new SdkContext(options.client ?? clientFor(options.accessKey), options.name);
    this.spec = new SpecFinder(this.#context);
    this.unit = new VcUnits(this.#context);
    this.operations = new VcOperations(this.#context);
  }

  /** @throws VcpError invalid_request when none was named and none is in use. */
  get name(): string { return this.#context.vc; }

  /** The virtual cloud as it is now. @throws VcpError not_found. */
  get(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<VcView> {
    return this.#context.client.getVc(this.#context.vc, this.#context.call(options));
  }

  /** All virtual clouds that you may see. */
  list(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Page<VcView>> {
    return this.#context.client.listVcs({ limit: 500 }, this.#context.call(options));
  }

  /** The nodes that a target names (`compute`, `compute-[1-3]`, `compute:error`), or all of them. */
  async nodes(target?: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly VcNode[]> {
    const vc = this.#context.vc;
    const nodes = await nodesOf(this.#context, vc, undefined, options);
    return target === undefined ? nodes : resolveTarget(target, nodes, vc);
  }

  /**
   * What apply would do. Nothing is changed.
   * @param config YAML text, the path of a `.yml` file, or an object
   */
  async plan(config: string | VcInput, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Plan> {
    const located = await loadVcInput(this.#named(config));
    return this.#context.client.planVc(located.document.name, located.document, this.#context.call(options)).catch(relocated(located));
  }

  /**
   * Makes the virtual cloud be as the configuration says, and waits until it is.
   * Additions and changes in place need no more than this call; what removes nodes needs `allowRemove`.
   * @throws VcpError stale_revision, removal_not_allowed (details.plan), cancelled (also when the person asked said no), …
   */
  async apply(config: string | VcInput, options: ApplyOptions = {}): Promise<OperationView> {
    const { planDigest, allowRemove, onFailure } = options;
    const { ask } = currentDefaults();
    const located = await loadVcInput(this.#named(config));
    const { document } = located;
    const planned = ask !== undefined && options.yes !== true && planDigest === undefined ? await this.#context.client.planVc(document.name, document, this.#context.call(options)).catch(relocated(located)) : undefined;
    if (planned !== undefined && !(await ask!(planned))) throw new VcpError('cancelled', `Nothing was changed in ${document.name}.`);
    return this.#context.perform((client, change) => client.applyVc(document.name, { document, planDigest: planDigest ?? planned?.digest, baseRevision: planned?.baseRevision, allowRemove: allowRemove ?? {}, ...(onFailure === undefined ? {} : { onFailure }) }, change), options).catch(relocated(located));
  }

  /** The document of the virtual cloud as it is wanted now, with units made by the SDK. */
  export(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<VcDocument> {
    return this.#context.client.exportVc(this.#context.vc, this.#context.call(options));
  }

  /** Events of this virtual cloud from now on (or after a sequence number), until the loop is left. */
  events(options: { readonly after?: number | undefined; readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<VcpEvent> {
    return this.#context.client.events({ vc: this.#context.vc, after: options.after }, this.#context.call(options));
  }

  /**
   * Deletes the virtual cloud with everything in it and waits until nothing is left. One that does not exist is no error.
   * @param options.confirm the name, needed when the program did not name the virtual cloud itself (`%vc use`)
   */
  async delete(options: WaitingOptions & { readonly confirm?: string | undefined } = {}): Promise<OperationView | undefined> {
    const vc = this.#context.vc;
    const confirm = options.confirm ?? (this.#context.isNamed ? vc : undefined);
    try {
      return await this.#context.perform((client, change) => client.deleteVc(vc, confirm, change), options);
    } catch (error) {
      if (isVcpError(error) && error.code === 'not_found' && error.operation === undefined) return undefined;
      throw error;
    }
  }

  /** Another word for delete. */
  cleanup(options: WaitingOptions & { readonly confirm?: string | undefined } = {}): Promise<OperationView | undefined> {
    return this.delete(options);
  }

  toJSON(): { readonly vc: string } { return { vc: this.name }; }

  #named(config: string | VcInput): string | VcInput {
    if (typeof config === 'string' || config.name !== undefined) return config;
    return { ...(config as object), name: this.#context.vc } as VcInput;
  }
}

function relocated(located: { locate(error: VcpError): VcpError }): (error: unknown) => never {
  return error => { throw isVcpError(error) ? located.locate(error) : error; };
}

/** An access key matters only where a shared controller is used: a person's own is protected by its socket. */
function clientFor(accessKey: string | undefined): VcpClient | undefined {
  const url = process.env['VCP_URL'];
  if (accessKey === undefined || accessKey === '' || url === undefined || url === '') return undefined;
  return new VcpClient(urlTransport(url), { token: accessKey, origin: { client: 'sdk' } });
}
