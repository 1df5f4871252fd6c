import {
  ATTACHED_HEADER, IDEMPOTENCY_HEADER, ORIGIN_HEADER, ROUTES, VcpError, execLineSchema, formatAllowRemove,
  type AllowRemove, type AppView, type ApplyRequest, type ComposeDocument, type ExecEvent, type ExecRequest, type NodeView, type OperationView, type Origin, type Page,
  type Plan, type ProviderView, type ReadyView, type RouteName, type SshAccess, type UnitInput, type UnitView, type VcDocument, type VcInput, type VcView, type VcpEvent, type VersionView
} from '../wire/index.js';
import { followEvents, type EventFilter, type FeedItem, type FeedOptions } from './event-feed.js';
import { problemOf } from './problem-response.js';
import { textLines } from './text-lines.js';
import type { Transport, TransportResponse } from './transport.js';

export interface CallOptions { readonly signal?: AbortSignal | undefined }
export interface ChangeOptions extends CallOptions {
  /** The same key attaches to the operation that it began; see "What re-running means". */
  readonly idempotencyKey?: string | undefined;
  readonly origin?: Origin | undefined;
}
export interface PageQuery { readonly cursor?: string | undefined; readonly limit?: number | undefined }

/** A change was accepted; `attached`: an operation of the same key was found, nothing new began. */
export interface AcceptedChange { readonly operation: OperationView; readonly attached: boolean }

export interface ClientOptions {
  /** Bearer token for a shared controller. */
  readonly token?: string | undefined;
  /** Sent with every call as the claimed origin; a call's own origin adds to it. */
  readonly origin?: Origin | undefined;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;
interface Call extends ChangeOptions {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Query;
  readonly body?: unknown;
  readonly stream?: AsyncIterable<Uint8Array>;
}

/**
 * One method for each route of the REST API. Runs in Node and in a page; the transport makes the difference.
 * Every method throws the VcpError that the controller sent, or controller_unavailable, or cancelled.
 */
export class VcpClient {
  readonly transport: Transport;
  readonly #options: ClientOptions;

  constructor(transport: Transport, options: ClientOptions = {}) {
    this.transport = transport;
    this.#options = options;
  }

  close(): void {
    this.transport.close();
  }

  // ---- the controller itself

  health(options?: CallOptions): Promise<{ readonly ok: boolean }> { return this.#json('health', { ...options }); }
  /** Answers also while the controller is not ready, with the reasons. */
  async ready(options?: CallOptions): Promise<ReadyView> {
    const response = await this.#send('ready', { ...options });
    if (response.status !== 200 && response.status !== 503) throw await problemOf(response);
    return JSON.parse(await response.text()) as ReadyView;
  }
  version(options?: CallOptions): Promise<VersionView> { return this.#json('version', { ...options }); }
  openapi(options?: CallOptions): Promise<Record<string, unknown>> { return this.#json('openapi', { ...options }); }
  /** Prometheus text. */
  async metrics(options?: CallOptions): Promise<string> { return (await this.#checked('metrics', { ...options })).text(); }
  /** Asks the controller to stop; running operations go on when it starts again. */
  shutdown(options?: CallOptions): Promise<{ readonly stopping: boolean }> { return this.#json('shutdown', { ...options }); }

  // ---- virtual clouds

  listVcs(query: PageQuery = {}, options?: CallOptions): Promise<Page<VcView>> { return this.#json('listVcs', { query: { ...query }, ...options }); }
  getVc(vc: string, options?: CallOptions): Promise<VcView> { return this.#json('getVc', { params: { vc }, ...options }); }
  createVc(body: ApplyRequest, options?: ChangeOptions): Promise<AcceptedChange> { return this.#change('createVc', { body, ...options }); }
  /** @param confirm the VC's name: without it nothing is deleted */
  deleteVc(vc: string, confirm?: string, options?: ChangeOptions): Promise<AcceptedChange> { return this.#change('deleteVc', { params: { vc }, query: { confirm }, ...options }); }
  planVc(vc: string, document: VcInput, options?: CallOptions): Promise<Plan> { return this.#json('planVc', { params: { vc }, body: { document }, ...options }); }
  applyVc(vc: string, body: ApplyRequest, options?: ChangeOptions): Promise<AcceptedChange> { return this.#change('applyVc', { params: { vc }, body, ...options }); }
  exportVc(vc: string, options?: CallOptions): Promise<VcDocument> { return this.#json('exportVc', { params: { vc }, ...options }); }

  // ---- units

  listUnits(vc: string, options?: CallOptions): Promise<Page<UnitView>> { return this.#json('listUnits', { params: { vc }, ...options }); }
  getUnit(vc: string, unit: string, options?: CallOptions): Promise<UnitView> { return this.#json('getUnit', { params: { vc, unit }, ...options }); }
  createUnit(vc: string, body: { readonly unit: UnitInput; readonly baseRevision?: number | undefined }, options?: ChangeOptions): Promise<AcceptedChange> { return this.#change('createUnit', { params: { vc }, body, ...options }); }
  deleteUnit(vc: string, unit: string, allowRemove: AllowRemove = {}, options?: ChangeOptions): Promise<AcceptedChange> {
    return this.#change('deleteUnit', { params: { vc, unit }, query: { allowRemove: formatAllowRemove(allowRemove) || undefined }, ...options });
  }
  scaleUnit(vc: string, unit: string, body: { readonly count: number; readonly baseRevision?: number | undefined; readonly allowRemove?: AllowRemove | undefined }, options?: ChangeOptions): Promise<AcceptedChange> { return this.#change('scaleUnit', { params: { vc, unit }, body, ...options }); }
  addNodes(vc: string, unit: string, body: { readonly count: number }, options?: ChangeOptions): Promise<AcceptedChange> { return this.#change('addNodes', { params: { vc, unit }, body, ...options }); }
  setApp(vc: string, unit: string, app: string, compose: ComposeDocument, options?: ChangeOptions): Promise<AcceptedChange> { return this.#change('setApp', { params: { vc, unit, app }, body: { compose }, ...options }); }
  removeApp(vc: string, unit: string, app: string, options?: ChangeOptions): Promise<AcceptedChange> { return this.#change('removeApp', { params: { vc, unit, app }, ...options }); }

  // ---- nodes and work on them

  listNodes(vc: string, query: PageQuery = {}, options?: CallOptions): Promise<Page<NodeView>> { return this.#json('listNodes', { params: { vc }, query: { ...query }, ...options }); }
  getNode(vc: string, node: string, options?: CallOptions): Promise<NodeView> { return this.#json('getNode', { params: { vc, node }, ...options }); }
  removeNodes(vc: string, body: { readonly names: readonly string[]; readonly allowRemove?: AllowRemove | undefined }, options?: ChangeOptions): Promise<AcceptedChange> { return this.#change('removeNodes', { params: { vc }, body, ...options }); }

  /**
   * Runs a command once; the events end with `exit`. Leaving the loop leaves the command running, unless `onClose` is `cancel`.
   * @throws VcpError also in the middle, when the stream broke (controller_unavailable: follow with readExec).
   */
  async *execNode(vc: string, node: string, body: ExecRequest, options: ChangeOptions & { readonly onClose?: 'cancel' | 'leave' | undefined } = {}): AsyncGenerator<ExecEvent> {
    const { onClose, ...call } = options;
    yield* this.#execEvents(await this.#checked('execNode', { params: { vc, node }, query: { onclose: onClose }, body, ...call }));
  }
  /** Follows a command from byte offsets on. */
  async *readExec(exec: string, from: { readonly stdout: number; readonly stderr: number }, options: CallOptions = {}): AsyncGenerator<ExecEvent> {
    yield* this.#execEvents(await this.#checked('readExec', { params: { exec }, query: { ...from }, ...options }));
  }
  cancelExec(exec: string, options?: ChangeOptions): Promise<void> { return this.#nothing('cancelExec', { params: { exec }, ...options }); }

  /** Unpacks a tar stream below `path` of the node. */
  copyTo(vc: string, node: string, path: string, tar: AsyncIterable<Uint8Array>, options?: ChangeOptions): Promise<void> { return this.#nothing('copyTo', { params: { vc, node }, query: { path }, stream: tar, ...options }); }
  /** A tar stream of `path` of the node. */
  async copyFrom(vc: string, node: string, path: string, options?: CallOptions): Promise<AsyncIterable<Uint8Array>> { return (await this.#checked('copyFrom', { params: { vc, node }, query: { path }, ...options })).body; }
  sshAccess(vc: string, node: string, options?: CallOptions): Promise<SshAccess> { return this.#json('sshAccess', { params: { vc, node }, ...options }); }

  async listContainers(vc: string, node: string, options?: CallOptions): Promise<readonly AppView[]> { return (await this.#json<{ items: AppView[] }>('listContainers', { params: { vc, node }, ...options })).items; }
  async runContainers(vc: string, node: string, body: { readonly app: string; readonly compose: ComposeDocument }, options?: ChangeOptions): Promise<readonly AppView[]> { return (await this.#json<{ items: AppView[] }>('runContainers', { params: { vc, node }, body, ...options })).items; }
  removeContainer(vc: string, node: string, container: string, options?: ChangeOptions): Promise<void> { return this.#nothing('removeContainer', { params: { vc, node, container }, ...options }); }
  async containerLogs(vc: string, node: string, container: string, query: { readonly tail?: number | undefined } = {}, options?: CallOptions): Promise<string> { return (await this.#checked('containerLogs', { params: { vc, node, container }, query: { ...query }, ...options })).text(); }

  // ---- operations and events

  listOperations(query: PageQuery & { readonly vc?: string | undefined; readonly open?: boolean | undefined } = {}, options?: CallOptions): Promise<Page<OperationView>> { return this.#json('listOperations', { query: { ...query }, ...options }); }
  getOperation(operation: string, options?: CallOptions): Promise<OperationView> { return this.#json('getOperation', { params: { operation }, ...options }); }
  /** Best effort: an operation that ends before it is stopped has succeeded. */
  cancelOperation(operation: string, options?: ChangeOptions): Promise<OperationView> { return this.#json('cancelOperation', { params: { operation }, ...options }); }
  /** Tells that the result reached its reader, so that the same key begins something new next time. */
  delivered(operation: string, options?: CallOptions): Promise<void> { return this.#nothing('delivered', { params: { operation }, ...options }); }

  /** Follows events, reconnecting where it was, until `signal` aborts or the loop is left. */
  async *events(filter: EventFilter = {}, options: FeedOptions = {}): AsyncGenerator<VcpEvent> {
    for await (const item of this.feed(filter, options)) if (item.kind === 'event') yield item.event;
  }
  /** The same, saying also when it (re)connected. */
  feed(filter: EventFilter = {}, options: FeedOptions = {}): AsyncGenerator<FeedItem> {
    return followEvents(this.transport, filter, { ...options, headers: { ...this.#headers({}), ...options.headers } });
  }
  /** Events that are still held, as a page. */
  listEvents(query: { readonly after?: number | undefined; readonly limit?: number | undefined; readonly vc?: string | undefined; readonly operation?: string | undefined } = {}, options?: CallOptions): Promise<{ readonly events: readonly VcpEvent[]; readonly newest: number; readonly reset: boolean }> {
    return this.#json('listEvents', { query: { ...query }, ...options });
  }

  // ---- providers

  async listProviders(options?: CallOptions): Promise<readonly ProviderView[]> { return (await this.#json<{ items: ProviderView[] }>('listProviders', { ...options })).items; }
  getProvider(provider: string, options?: CallOptions): Promise<ProviderView> { return this.#json('getProvider', { params: { provider }, ...options }); }

  // ---- how

  #headers(call: Call): Record<string, string> {
    const origin = { ...this.#options.origin, ...call.origin };
    return {
      accept: 'application/json',
      ...(this.#options.token === undefined ? {} : { authorization: `Bearer ${this.#options.token}` }),
      ...(call.idempotencyKey === undefined ? {} : { [IDEMPOTENCY_HEADER]: call.idempotencyKey }),
      ...(Object.keys(origin).length === 0 ? {} : { [ORIGIN_HEADER]: encodeURIComponent(JSON.stringify(origin)) }),
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(call.stream === undefined ? {} : { 'content-type': 'application/x-tar' })
    };
  }

  #send(name: RouteName, call: Call): Promise<TransportResponse> {
    return this.transport.send({
      method: ROUTES[name].method, path: pathOf(ROUTES[name].path, call.params ?? {}, call.query ?? {}), headers: this.#headers(call),
      body: call.stream ?? (call.body === undefined ? undefined : JSON.stringify(call.body)), signal: call.signal
    });
  }

  async #checked(name: RouteName, call: Call): Promise<TransportResponse> {
    const response = await this.#send(name, call);
    if (response.status >= 200 && response.status < 300) return response;
    throw await problemOf(response);
  }

  async #json<T>(name: RouteName, call: Call): Promise<T> {
    return JSON.parse(await (await this.#checked(name, call)).text()) as T;
  }

  async #nothing(name: RouteName, call: Call): Promise<void> {
    await (await this.#checked(name, call)).text();
  }

  async #change(name: RouteName, call: Call): Promise<AcceptedChange> {
    const response = await this.#checked(name, call);
    const operation = JSON.parse(await response.text()) as OperationView;
    return { operation, attached: response.header(ATTACHED_HEADER) === 'true' };
  }

  async *#execEvents(response: TransportResponse): AsyncGenerator<ExecEvent> {
    for await (const line of textLines(response.body)) {
      if (line === '') continue;
      const event = execLineSchema.parse(JSON.parse(line));
      if (event.type === 'error') throw VcpError.from(event.error as Parameters<typeof VcpError.from>[0]);
      yield event;
      if (event.type === 'exit') return;
    }
    throw new VcpError('controller_unavailable', 'The stream of the command ended before the command did.', { hint: 'The command goes on; follow it with its exec id.' });
  }
}

/** `/v1/vcs/:vc:plan` with its parameters and query filled in. */
export function pathOf(pattern: string, params: Readonly<Record<string, string>>, query: Query): string {
  const path = pattern.replace(/(?<=\/):([a-z]+)/gi, (_, name: string) => {
    const value = params[name];
    if (value === undefined || value === '') throw new VcpError('invalid_request', `The name of the ${name} is missing.`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}
