import { Signal, type ISignal } from '@lumino/signaling';
import type { NodeView, OperationView, ProviderView, VcView } from '@jupyterlab-vcp/sdk/wire';
import type { IControllerStatus, VcpApi } from './api.js';
import { isOpen, mergeOperations } from './operation-list.js';

/** Where the page stands with the controller. */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  /** No controller answers; `status` says what was tried (undefined until the server has said it). */
  | { readonly state: 'absent'; readonly status: IControllerStatus | undefined }
  | { readonly state: 'no-server-extension' }
  | { readonly state: 'server-unreachable' }
  | { readonly state: 'failed'; readonly message: string };

/** What a reader of the event bus is told. */
export interface IChange { readonly seq: number; readonly connected: boolean }

/** Above so many changed virtual clouds, looking at all of them costs less than one by one. */
const FEW = 20;

type ModelApi = Pick<VcpApi, 'vcs' | 'vc' | 'nodes' | 'operations' | 'operation' | 'events' | 'providers' | 'status' | 'startController'>;

/**
 * A snapshot of the controller's state and its sequence number, kept up to date by looking at what changed since.
 * Knows nothing of pages: no DOM, no widgets, no timers.
 */
export class VcpModel {
  readonly #api: ModelApi;
  readonly #changed = new Signal<this, void>(this);
  readonly #operationEnded = new Signal<this, OperationView>(this);
  readonly #nodes = new Map<string, readonly NodeView[]>();
  readonly #watched = new Set<string>();
  readonly #dismissed = new Set<string>();
  #connection: Connection = { state: 'connecting' };
  #vcs: readonly VcView[] = [];
  #operations: readonly OperationView[] = [];
  #providers: readonly ProviderView[] = [];
  #seq = 0;
  #outdated = false;
  #loaded = false;
  #working: Promise<void> | undefined;
  #everything = false;
  #disposed = false;

  constructor(api: ModelApi) {
    this.#api = api;
  }

  get changed(): ISignal<this, void> { return this.#changed; }
  get operationEnded(): ISignal<this, OperationView> { return this.#operationEnded; }
  get isDisposed(): boolean { return this.#disposed; }
  get connection(): Connection { return this.#connection; }
  /** True once a snapshot was read; it stays readable while the controller is away. */
  get loaded(): boolean { return this.#loaded; }
  get seq(): number { return this.#seq; }
  get vcs(): readonly VcView[] { return this.#vcs; }
  get providers(): readonly ProviderView[] { return this.#providers; }
  /** Newest first; what the person has put away is left out. */
  get operations(): readonly OperationView[] { return this.#operations.filter(operation => !this.#dismissed.has(operation.id)); }
  /** undefined: not looked at yet. */
  nodesOf(vcId: string): readonly NodeView[] | undefined { return this.#nodes.get(vcId); }
  vcNamed(name: string): VcView | undefined { return this.#vcs.find(vc => vc.name === name); }
  get runningNodes(): number { return this.#vcs.reduce((sum, vc) => sum + vc.running, 0); }
  get openOperations(): readonly OperationView[] { return this.#operations.filter(isOpen); }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    Signal.clearData(this);
  }

  /** Keeps the nodes of these virtual clouds up to date from now on; the nodes of others are let go. */
  watchNodes(vcIds: ReadonlySet<string>): void {
    const added = [...vcIds].filter(id => !this.#watched.has(id));
    this.#watched.clear();
    for (const id of vcIds) this.#watched.add(id);
    for (const id of this.#nodes.keys()) if (!vcIds.has(id)) this.#nodes.delete(id);
    if (added.length > 0 && this.#loaded) void this.#guarded(() => this.#readNodes(added));
  }

  /** Reads everything again. Resolves when done; failures show in `connection`. */
  refresh(): Promise<void> {
    this.#everything = true;
    return this.#work();
  }

  /** Looks whether anything is new; cheap when nothing is. */
  catchUp(): Promise<void> {
    this.#outdated = true;
    return this.#work();
  }

  /** An event of the bus has arrived. */
  notice(change: IChange): Promise<void> {
    if (!change.connected) {
      return this.#connection.state === 'connected' ? this.#lookForController() : Promise.resolve();
    }
    if (this.#connection.state !== 'connected') return this.refresh();
    if (change.seq === this.#seq) return Promise.resolve();
    this.#outdated = true;
    return this.#work();
  }

  /** A change that this page made was accepted: shown at once, without waiting for the event. */
  accepted(operation: OperationView): void {
    if (this.#disposed) return;
    this.#takeOperations([operation]);
    this.#changed.emit();
  }

  /** Asks the server to start a controller. */
  async startController(): Promise<void> {
    const home = this.#connection.state === 'absent' ? this.#connection.status : undefined;
    this.#setConnection({ state: 'absent', status: home === undefined ? undefined : { ...home, state: 'starting' } });
    await this.#guarded(async () => {
      const status = await this.#api.startController();
      if (status.state !== 'running') this.#setConnection({ state: 'absent', status });
    });
    if (this.#connection.state !== 'absent' || this.#connection.status?.state === 'starting') await this.refresh();
  }

  /** Puts a finished operation away. */
  dismiss(operation: string): void {
    this.#dismissed.add(operation);
    this.#changed.emit();
  }

  // ---- reading: one reader at a time, and once more when something was asked for meanwhile

  #work(): Promise<void> {
    this.#working ??= this.#run().finally(() => { this.#working = undefined; });
    return this.#working;
  }

  async #run(): Promise<void> {
    while (!this.#disposed && (this.#everything || this.#outdated)) {
      const everything = this.#everything || !this.#loaded || this.#connection.state !== 'connected';
      this.#everything = false;
      this.#outdated = false;
      if (!(await this.#guarded(() => (everything ? this.#readEverything() : this.#readChanges())))) return;
    }
  }

  /** Runs a reading; a failure becomes the connection's state. Answers whether it went well. */
  async #guarded(read: () => Promise<void>): Promise<boolean> {
    try {
      await read();
      if (!this.#disposed) this.#changed.emit();
      return true;
    } catch (error) {
      if (!this.#disposed) await this.#failed(error);
      return false;
    }
  }

  async #failed(error: unknown): Promise<void> {
    const code = (error as { code?: unknown }).code;
    if (code === 'controller_unavailable') await this.#lookForController();
    else if (code === 'no_server_extension') this.#setConnection({ state: 'no-server-extension' });
    else if (code === 'server_unreachable') this.#setConnection({ state: 'server-unreachable' });
    else this.#setConnection({ state: 'failed', message: error instanceof Error ? error.message : String(error) });
  }

  async #lookForController(): Promise<void> {
    const status = await this.#api.status().catch(() => undefined);
    this.#setConnection({ state: 'absent', status });
  }

  #setConnection(connection: Connection): void {
    if (this.#disposed) return;
    this.#connection = connection;
    this.#changed.emit();
  }

  async #readEverything(): Promise<void> {
    const [vcs, operations, providers] = await Promise.all([this.#api.vcs(), this.#api.operations(), this.#api.providers()]);
    this.#vcs = [...vcs.items].sort(byName);
    this.#providers = providers;
    this.#takeOperations(operations.items, operations.items.map(operation => operation.id));
    this.#seq = Math.min(vcs.seq, operations.seq);
    this.#loaded = true;
    this.#connection = { state: 'connected' };
    // First what the panel shows at once; the nodes follow.
    this.#changed.emit();
    await this.#readNodes([...this.#watched].filter(id => this.#vcs.some(vc => vc.id === id)));
  }

  async #readChanges(): Promise<void> {
    const { events, newest, reset } = await this.#api.events(this.#seq);
    if (reset || newest < this.#seq) return this.#readEverything();
    const vcIds = [...new Set(events.map(event => event.vcId).filter(id => id !== undefined))];
    if (vcIds.length > FEW) return this.#readEverything();
    const operationIds = new Set(events.map(event => event.operation).filter(id => id !== undefined));
    await Promise.all([...vcIds.map(id => this.#readVc(id)), ...[...operationIds].map(id => this.#readOperation(id))]);
    this.#seq = events.at(-1)?.seq ?? newest;
    // A full page means that there is more behind it.
    if (this.#seq < newest) this.#outdated = true;
  }

  async #readVc(id: string): Promise<void> {
    const vc = await this.#api.vc(id).catch(absent);
    if (vc === undefined) {
      this.#vcs = this.#vcs.filter(known => known.id !== id);
      this.#nodes.delete(id);
      return;
    }
    this.#vcs = [...this.#vcs.filter(known => known.id !== id), vc].sort(byName);
    if (this.#watched.has(id)) await this.#readNodes([id]);
  }

  async #readNodes(vcIds: readonly string[]): Promise<void> {
    await Promise.all(vcIds.map(async id => {
      const page = await this.#api.nodes(id).catch(absent);
      if (page === undefined) this.#nodes.delete(id);
      else this.#nodes.set(id, page.items);
    }));
  }

  async #readOperation(id: string): Promise<void> {
    const operation = await this.#api.operation(id).catch(absent);
    if (operation !== undefined) this.#takeOperations([operation]);
  }

  #takeOperations(fresh: readonly OperationView[], only?: readonly string[]): void {
    const before = new Map(this.#operations.map(operation => [operation.id, operation]));
    this.#operations = mergeOperations(this.#operations, fresh, only);
    for (const operation of fresh) {
      const known = before.get(operation.id);
      if (known !== undefined && isOpen(known) && !isOpen(operation)) this.#operationEnded.emit(operation);
    }
  }
}

function byName(a: VcView, b: VcView): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** What is gone is no failure of reading. */
function absent(error: unknown): undefined {
  if ((error as { code?: unknown }).code === 'not_found') return undefined;
  throw error;
}
