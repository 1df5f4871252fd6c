import { nearest, VcpError, type NodeView, type OperationView, type Page, type ProviderView, type UnitView, type VcDocument, type VcpEvent, type VcView } from '@jupyterlab-vcp/sdk/wire';
import { can, nodeView, noSuch, operationView, providerView, unitViews, vcView, type Caller, type CloudService, type Node, type PageRequest, type StoreReader } from '../domain/index.js';
import { findOperation } from './change-service.js';
import type { Context } from './context.js';
import { findVc } from './find-vc.js';
import { providerLookup, vcRows } from './vc-rows.js';

type ReadMethods = Pick<CloudService, 'exportVc' | 'listVcs' | 'getVc' | 'listUnits' | 'getUnit' | 'listNodes' | 'getNode' | 'listOperations' | 'getOperation' | 'listEvents' | 'listProviders' | 'getProvider'>;

/** Events looked through at a time for those that a caller asked for. */
const EVENTS_AT_A_TIME = 200;

/** The half of the service that only looks. */
export class ReadService implements ReadMethods {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  async exportVc(caller: Caller, vc: string): Promise<VcDocument> {
    return this.#context.store.read(async reader => (await findVc(reader, caller, 'read', vc)).document);
  }

  async listVcs(caller: Caller, page: PageRequest): Promise<Page<VcView>> {
    const { store, catalog } = this.#context;
    return store.read(async reader => {
      const project = caller.actor.role === 'administrator' ? undefined : caller.actor.project;
      const found = await reader.vcs({ after: page.cursor, limit: page.limit + 1, project });
      const views: VcView[] = [];
      for (const vc of found.slice(0, page.limit)) views.push(vcView(await vcRows(reader, vc, catalog)));
      return { items: views, ...cursor(found, page.limit, vc => vc.id), seq: await newest(reader) };
    });
  }

  async getVc(caller: Caller, name: string): Promise<VcView> {
    const { store, catalog } = this.#context;
    return store.read(async reader => vcView(await vcRows(reader, await findVc(reader, caller, 'read', name), catalog)));
  }

  async listUnits(caller: Caller, name: string): Promise<Page<UnitView>> {
    const { store, catalog } = this.#context;
    return store.read(async reader => {
      const rows = await vcRows(reader, await findVc(reader, caller, 'read', name), catalog);
      return { items: unitViews(rows), seq: await newest(reader) };
    });
  }

  async getUnit(caller: Caller, vc: string, unit: string): Promise<UnitView> {
    const { items } = await this.listUnits(caller, vc);
    const found = items.find(view => view.name === unit);
    if (found !== undefined) return found;
    const near = nearest(unit, items.map(view => view.name));
    throw new VcpError('not_found', `Virtual cloud ${vc} has no unit “${unit}”.`, near === undefined ? {} : { hint: `Did you mean “${near}”?` });
  }

  async listNodes(caller: Caller, name: string, page: PageRequest): Promise<Page<NodeView>> {
    const { store, catalog } = this.#context;
    return store.read(async reader => {
      const vc = await findVc(reader, caller, 'read', name);
      const found = await reader.nodesPage(vc.id, { after: page.cursor, limit: page.limit + 1 });
      const rows = { vc, networks: await reader.networks(vc.id), provider: providerLookup(catalog) };
      return { items: found.slice(0, page.limit).map(node => nodeView(this.#alive(node), rows)), ...cursor(found, page.limit, node => `${node.unit}:${node.number}`), seq: await newest(reader) };
    });
  }

  async getNode(caller: Caller, name: string, node: string): Promise<NodeView> {
    const { store, catalog } = this.#context;
    return store.read(async reader => {
      const vc = await findVc(reader, caller, 'read', name);
      const nodes = await reader.nodes(vc.id);
      const found = nodes.find(candidate => candidate.name === node || candidate.id === node);
      if (found !== undefined) return nodeView(this.#alive(found), { vc, networks: await reader.networks(vc.id), provider: providerLookup(catalog) });
      const near = nearest(node, nodes.map(candidate => candidate.name));
      throw near === undefined ? noSuch('node', node) : new VcpError('not_found', `There is no node “${node}” in ${vc.name}.`, { hint: `Did you mean “${near}”?` });
    });
  }

  async listOperations(caller: Caller, query: PageRequest & { readonly vc?: string | undefined; readonly open?: boolean | undefined }): Promise<Page<OperationView>> {
    const { store, clock } = this.#context;
    return store.read(async reader => {
      const vcId = query.vc === undefined ? undefined : (await findVc(reader, caller, 'read', query.vc)).id;
      const found = await reader.operations({ after: query.cursor, limit: query.limit + 1, vcId, open: query.open });
      const visible = found.slice(0, query.limit).filter(operation => can(caller.actor, 'read', { kind: 'operation', project: operation.project, name: operation.id }));
      return { items: visible.map(operation => operationView(operation, clock.now())), ...cursor(found, query.limit, operation => operation.id), seq: await newest(reader) };
    });
  }

  async getOperation(caller: Caller, id: string): Promise<OperationView> {
    const { store, clock } = this.#context;
    return operationView(await store.read(reader => findOperation(reader, caller, 'read', id)), clock.now());
  }

  async listEvents(caller: Caller, query: { readonly after: number; readonly limit: number; readonly vc?: string | undefined; readonly operation?: string | undefined }): Promise<{ readonly events: readonly VcpEvent[]; readonly newest: number; readonly reset: boolean }> {
    return this.#context.store.read(async reader => {
      const events: VcpEvent[] = [];
      let after = query.after;
      for (;;) {
        const page = await reader.events(after, EVENTS_AT_A_TIME);
        if (after < page.oldest - 1 || after > page.newest) return { events: [], newest: page.newest, reset: true };
        for (const event of page.events) {
          if (events.length < query.limit && concerns(event, query) && (await maySee(reader, caller, event))) events.push(event);
        }
        const last = page.events.at(-1)?.seq;
        if (events.length >= query.limit || last === undefined || last >= page.newest) return { events, newest: page.newest, reset: false };
        after = last;
      }
    });
  }

  async listProviders(caller: Caller): Promise<readonly ProviderView[]> {
    const visible = this.#context.catalog.list().filter(provider => can(caller.actor, 'read', { kind: 'provider', name: provider.name }));
    return Promise.all(visible.map(async provider => providerView(provider, await provider.health())));
  }

  async getProvider(caller: Caller, name: string): Promise<ProviderView> {
    const provider = this.#context.catalog.get(name);
    if (!can(caller.actor, 'read', { kind: 'provider', name })) throw noSuch('provider', name);
    return providerView(provider, await provider.health());
  }

  /** With the sign of life that is newer than the row. */
  #alive(node: Node): Node {
    const at = this.#context.heartbeats.get(node.id)?.at;
    return at === undefined ? node : { ...node, heartbeatAt: at };
  }
}

function concerns(event: VcpEvent, query: { readonly vc?: string | undefined; readonly operation?: string | undefined }): boolean {
  return (query.operation === undefined || event.operation === query.operation) && (query.vc === undefined || event.vc === query.vc || event.vcId === query.vc);
}

async function maySee(reader: StoreReader, caller: Caller, event: VcpEvent): Promise<boolean> {
  const project = event.vcId === undefined ? undefined : (await reader.vc(event.vcId))?.project;
  if (event.vcId !== undefined && project === undefined) return caller.actor.role === 'administrator';
  return can(caller.actor, 'read', { kind: 'vc', project, name: event.vc ?? '' });
}

async function newest(reader: StoreReader): Promise<number> {
  return (await reader.events(Number.MAX_SAFE_INTEGER, 1)).newest;
}

function cursor<T>(found: readonly T[], limit: number, keyOf: (row: T) => string): { readonly nextCursor?: string } {
  return found.length > limit ? { nextCursor: keyOf(found[limit - 1]!) } : {};
}
