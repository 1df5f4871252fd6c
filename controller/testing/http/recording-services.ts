import { Readable } from 'node:stream';
import type { ExecEvent, NodeView, OperationView, Page, Plan, ProviderView, UnitView, VcDocument, VcpError, VcpEvent, VcView } from '@jupyterlab-vcp/sdk/wire';
import type { Accepted, Caller, CloudService, NodeWorkService } from '../../src/domain/index.js';

const TIME = '2026-11-24T00:00:00.000Z';
const PRICE = { perHour: 0, currency: 'JPY' };
const SIZE = { cpu: 1, memoryGiB: 2, gpu: 0, diskGiB: null };

export const UNIT: UnitView = { id: 'vc-1/compute', vcId: 'vc-1', vc: 'genome', name: 'compute', provider: 'local', region: 'one', flavor: 'small', size: SIZE, wanted: 1, running: 1, state: 'running', apps: [], price: PRICE };
export const VC: VcView = { id: 'vc-1', name: 'genome', project: 'default', owner: 'ada', state: 'running', revision: 3, cidr: '10.64.0.0/22', units: [UNIT], nodes: 1, running: 1, price: PRICE, openOperations: [], createdAt: TIME, changedAt: TIME };
export const NODE: NodeView = {
  id: 'nd-1', vcId: 'vc-1', vc: 'genome', unit: 'compute', number: 1, name: 'compute-1', provider: 'local', region: 'one', flavor: 'small', size: SIZE, state: 'running',
  address: '10.64.0.11', gateway: false, reach: 'direct', cloudId: 'c1', hostKey: 'ssh-ed25519 AAAA', apps: [], createdAt: TIME, readyAt: TIME, heartbeatAt: TIME
};
export const OPERATION: OperationView = {
  id: 'op-1', kind: 'apply', title: 'apply genome', vcId: 'vc-1', vc: 'genome', state: 'running', phase: 'nodes', progress: { done: 0, total: 1 }, resources: [],
  timing: { queuedMs: 0, totalMs: 10, cloudMs: 5, oursMs: 5 }, revision: 4, actor: 'ada', origin: {}, createdAt: TIME, startedAt: TIME, endedAt: null
};
export const DOCUMENT: VcDocument = { version: 1, name: 'genome', units: [{ name: 'compute', provider: 'local', flavor: 'small', count: 1 }] };
export const PLAN: Plan = {
  vc: 'genome', exists: true, baseRevision: 3, digest: 'd', changes: [], summary: { add: 0, change: 0, remove: 0 }, removals: {}, priceBefore: PRICE, priceAfter: PRICE, quota: [], warnings: [], document: DOCUMENT
};
export const PROVIDER: ProviderView = { name: 'local', title: 'This computer (containers)', api: 'local', available: true, regions: [{ name: 'one', title: 'One', reach: 'direct' }], flavors: [{ name: 'small', size: SIZE, price: PRICE }], capabilities: {}, specSchema: {} };
export const SSH = { host: '10.64.0.11', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA', identityFile: '/k' };

export interface RecordedCall { readonly method: string; readonly caller: Caller; readonly args: readonly unknown[] }

/** Services that note who called what, answer with one of everything, and fail on demand. */
export class RecordingServices {
  readonly calls: RecordedCall[] = [];
  readonly events: VcpEvent[] = [];
  /** Events with a lower number are no longer held. */
  oldest = 1;
  failure: VcpError | Error | undefined;
  attached = false;
  operation: OperationView = OPERATION;
  readonly execs = new Map<string, { readonly signal: AbortSignal; cancelled: boolean }>();
  execEvents: (signal: AbortSignal) => AsyncIterable<ExecEvent> = async function* () {
    yield { type: 'started', exec: 'ex-1', node: 'compute-1' };
    yield { type: 'stdout', data: 'héllo\n', offset: 0 };
    yield { type: 'exit', code: 0, timedOut: false, outcome: 'exited', durationMs: 3 };
  };
  #listener: ((events: readonly VcpEvent[]) => void) | undefined;

  onEvents(listener: (events: readonly VcpEvent[]) => void): () => void {
    this.#listener = listener;
    return () => { this.#listener = undefined; };
  }

  get isListened(): boolean {
    return this.#listener !== undefined;
  }

  commit(...events: readonly Partial<VcpEvent>[]): void {
    const made = events.map((event, index): VcpEvent => ({ seq: this.newest + index + 1, at: TIME, type: 'operation.changed', data: {}, ...event }));
    this.events.push(...made);
    this.#listener?.(made);
  }

  get newest(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  #note<T>(method: string, value: T) {
    return async (caller: Caller, ...args: readonly unknown[]): Promise<T> => {
      this.calls.push({ method, caller, args });
      if (this.failure !== undefined) throw this.failure;
      return value;
    };
  }

  #accept(method: string) {
    return async (caller: Caller, ...args: readonly unknown[]): Promise<Accepted> => {
      await this.#note(method, undefined)(caller, ...args);
      return { operation: this.operation, attached: this.attached };
    };
  }

  readonly cloud: CloudService = {
    plan: this.#note('plan', PLAN), apply: this.#accept('apply'), createUnit: this.#accept('createUnit'), deleteUnit: this.#accept('deleteUnit'), scale: this.#accept('scale'),
    addNodes: this.#accept('addNodes'), removeNodes: this.#accept('removeNodes'), setApp: this.#accept('setApp'), removeApp: this.#accept('removeApp'), deleteVc: this.#accept('deleteVc'),
    exportVc: this.#note('exportVc', DOCUMENT), cancel: this.#note('cancel', OPERATION), delivered: this.#note('delivered', undefined),
    listVcs: this.#note('listVcs', page(VC)), getVc: this.#note('getVc', VC), listUnits: this.#note('listUnits', page(UNIT)), getUnit: this.#note('getUnit', UNIT),
    listNodes: this.#note('listNodes', page(NODE)), getNode: this.#note('getNode', NODE), listOperations: this.#note('listOperations', page(OPERATION)),
    getOperation: async (caller, ...args) => {
      await this.#note('getOperation', undefined)(caller, ...args);
      return this.operation;
    },
    listEvents: async (caller, query) => {
      await this.#note('listEvents', undefined)(caller, query);
      const reset = query.after < this.oldest - 1;
      const wanted = this.events.filter(event => event.seq > query.after && event.seq >= this.oldest && (query.vc === undefined || event.vc === query.vc) && (query.operation === undefined || event.operation === query.operation));
      return { events: reset ? [] : wanted.slice(0, query.limit), newest: this.newest, reset };
    },
    listProviders: this.#note('listProviders', [PROVIDER]), getProvider: this.#note('getProvider', PROVIDER)
  };

  readonly nodeWork: NodeWorkService = {
    exec: (caller, vc, node, request, signal) => this.#exec('exec', caller, [vc, node, request], signal),
    attach: (caller, exec, from, signal) => this.#exec('attach', caller, [exec, from], signal),
    cancelExec: this.#note('cancelExec', undefined),
    copyTo: async (caller, vc, node, path, tar) => {
      const parts: Buffer[] = [];
      for await (const part of tar) parts.push(Buffer.from(part));
      await this.#note('copyTo', undefined)(caller, vc, node, path, Buffer.concat(parts));
    },
    copyFrom: async (caller, vc, node, path) => {
      await this.#note('copyFrom', undefined)(caller, vc, node, path);
      return Readable.from([Buffer.from('tar bytes')]);
    },
    sshAccess: this.#note('sshAccess', SSH), containers: this.#note('containers', []), runContainers: this.#note('runContainers', []),
    removeContainer: this.#note('removeContainer', undefined), containerLogs: this.#note('containerLogs', 'line\n')
  };

  async *#exec(method: string, caller: Caller, args: readonly unknown[], signal: AbortSignal): AsyncGenerator<ExecEvent> {
    await this.#note(method, undefined)(caller, ...args);
    yield* this.execEvents(signal);
  }
}

function page<T>(item: T): Page<T> {
  return { items: [item], seq: 7 };
}
