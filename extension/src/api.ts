import type { ServerConnection } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';
import type { AllowRemove, NodeView, OperationView, Page, ProviderView, ROUTES, RouteName, VcView, VcpEvent, VersionView } from '@jupyterlab-vcp/sdk/wire';
import { requestJson, type IRequestOptions } from './request.js';

/** What the server extension says about the controller. */
export interface IControllerStatus {
  readonly state: 'running' | 'starting' | 'absent';
  readonly home: string;
  readonly script: string;
  readonly node: { readonly path: string | null; readonly version: string | null; readonly tried: readonly string[] };
  readonly controller?: VersionView;
  /** What a starting controller is doing, in its own words. */
  readonly progress?: string | null;
  readonly why?: { readonly code: 'no-file' | 'crashed' | 'no-answer' | 'no-node' | 'no-script' | 'exited' | 'timed-out'; readonly detail: string };
}

export interface ITemplate {
  readonly id: string;
  readonly title?: Readonly<Record<string, string>>;
  readonly summary?: Readonly<Record<string, string>>;
}

export interface IEventPage { readonly events: readonly VcpEvent[]; readonly newest: number; readonly reset: boolean }

type RoutePath = (typeof ROUTES)[RouteName]['path'];
type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** A page of a list as large as the controller gives it. */
const PAGE = 500;

/** The calls that the page makes, by name. Every one throws RequestError. */
export class VcpApi {
  readonly #settings: ServerConnection.ISettings;

  constructor(settings: ServerConnection.ISettings) {
    this.#settings = settings;
  }

  // ---- the server extension's own answers
  version(): Promise<{ readonly version: string; readonly api: number }> { return requestJson(this.#settings, 'version'); }
  status(): Promise<IControllerStatus> { return requestJson(this.#settings, 'status'); }
  startController(): Promise<IControllerStatus> { return requestJson(this.#settings, 'controller/start', { method: 'POST', body: {} }); }
  async templates(): Promise<readonly ITemplate[]> { return (await requestJson<{ items: ITemplate[] }>(this.#settings, 'templates')).items; }
  async copyTemplate(template: string, folder: string): Promise<string> {
    return (await requestJson<{ path: string }>(this.#settings, 'templates/copy', { method: 'POST', body: { template, folder } })).path;
  }

  // ---- the controller, through the proxy
  vcs(): Promise<Page<VcView>> { return this.#all('/v1/vcs', {}, {}); }
  vc(vc: string): Promise<VcView> { return this.#call('/v1/vcs/:vc', { vc }); }
  nodes(vc: string): Promise<Page<NodeView>> { return this.#all('/v1/vcs/:vc/nodes', { vc }, {}); }
  operations(): Promise<Page<OperationView>> { return this.#call('/v1/operations', {}, { limit: 50 }); }
  operation(operation: string): Promise<OperationView> { return this.#call('/v1/operations/:operation', { operation }); }
  events(after: number): Promise<IEventPage> { return this.#call('/v1/events:list', {}, { after, limit: PAGE }); }
  async providers(): Promise<readonly ProviderView[]> { return (await this.#call<{ items: ProviderView[] }>('/v1/providers')).items; }

  scale(vc: string, unit: string, count: number, allowRemove: AllowRemove = {}): Promise<OperationView> {
    return this.#change('/v1/vcs/:vc/units/:unit:scale', { vc, unit }, { method: 'POST', body: { count, allowRemove } });
  }
  addNode(vc: string, unit: string): Promise<OperationView> {
    return this.#change('/v1/vcs/:vc/units/:unit:add', { vc, unit }, { method: 'POST', body: { count: 1 } });
  }
  removeNode(vc: string, unit: string, node: string): Promise<OperationView> {
    return this.#change('/v1/vcs/:vc/nodes:remove', { vc }, { method: 'POST', body: { names: [node], allowRemove: { [unit]: 1 } } });
  }
  deleteUnit(vc: string, unit: string, nodes: number): Promise<OperationView> {
    return this.#change('/v1/vcs/:vc/units/:unit', { vc, unit }, { method: 'DELETE' }, { allowRemove: `${unit}:${nodes}` });
  }
  deleteVc(vc: string): Promise<OperationView> {
    return this.#change('/v1/vcs/:vc', { vc }, { method: 'DELETE' }, { confirm: vc });
  }
  cancel(operation: string): Promise<OperationView> {
    return this.#change('/v1/operations/:operation:cancel', { operation }, { method: 'POST', body: {} });
  }

  // ---- how
  #call<T>(path: RoutePath, params: Readonly<Record<string, string>> = {}, query: Query = {}, options: IRequestOptions = {}): Promise<T> {
    return requestJson<T>(this.#settings, `api${filled(path, params)}${queryOf(query)}`, options);
  }

  #change(path: RoutePath, params: Readonly<Record<string, string>>, options: IRequestOptions, query: Query = {}): Promise<OperationView> {
    const headers = { 'idempotency-key': UUID.uuid4(), 'x-vcp-origin': encodeURIComponent(JSON.stringify({ client: 'panel' })) };
    return this.#call(path, params, query, { ...options, headers });
  }

  async #all<T>(path: RoutePath, params: Readonly<Record<string, string>>, query: Query): Promise<Page<T>> {
    const first = await this.#call<Page<T>>(path, params, { ...query, limit: PAGE });
    const items = [...first.items];
    for (let cursor = first.nextCursor; cursor !== undefined; ) {
      const next = await this.#call<Page<T>>(path, params, { ...query, limit: PAGE, cursor });
      items.push(...next.items);
      cursor = next.nextCursor;
    }
    return { items, seq: first.seq };
  }
}

function filled(path: RoutePath, params: Readonly<Record<string, string>>): string {
  return path.replace(/:([a-z]+)/g, (whole, name: string) => (params[name] === undefined ? whole : encodeURIComponent(params[name])));
}

function queryOf(query: Query): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
