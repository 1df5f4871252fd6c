import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROUTES, type RouteName } from '@jupyterlab-vcp/sdk/wire';
import { VcpClient } from '@jupyterlab-vcp/sdk/client';
import { DOCUMENT, NODE, OPERATION, PLAN, PROVIDER, SSH, UNIT, VC } from './recording-services.js';
import { testHttp, type TestHttp } from './test-http.js';
import { routerPath } from '../../src/http/route-path.js';

let http: TestHttp;
beforeEach(async () => { http = await testHttp(); });
afterEach(() => http.app.close());

const COMPOSE = { services: { main: { image: 'x' } } };
const WORDS: Readonly<Record<string, string>> = { vc: 'genome', unit: 'compute', node: 'compute-1', app: 'web', container: 'web-main', exec: 'ex-1', operation: 'op-1', provider: 'local' };

/** What is sent to each route, which service has to be called with what, and what has to come back. */
const CASES: Readonly<Record<RouteName, { readonly body?: unknown; readonly query?: string; readonly tar?: boolean; readonly call?: readonly unknown[]; readonly status?: number; readonly answer?: unknown }>> = {
  health: { answer: { ok: true } },
  ready: { answer: { ready: true, problems: [] } },
  version: { answer: expect.objectContaining({ product: 'jupyterlab-vcp', pid: 42 }) },
  openapi: { answer: expect.objectContaining({ openapi: '3.1.0' }) },
  metrics: {},
  listVcs: { query: 'limit=5&cursor=c', call: ['listVcs', { limit: 5, cursor: 'c' }], answer: { items: [VC], seq: 7 } },
  createVc: { body: { document: DOCUMENT, baseRevision: 9 }, call: ['apply', 'genome', expect.objectContaining({ document: DOCUMENT, baseRevision: 0, allowRemove: {}, onFailure: 'keep' })], status: 202 },
  getVc: { call: ['getVc', 'genome'], answer: VC },
  deleteVc: { query: 'confirm=genome', call: ['deleteVc', 'genome', 'genome'], status: 202 },
  planVc: { body: { document: DOCUMENT }, call: ['plan', 'genome', DOCUMENT], answer: PLAN },
  applyVc: { body: { document: DOCUMENT, allowRemove: { compute: 2 } }, call: ['apply', 'genome', expect.objectContaining({ document: DOCUMENT, allowRemove: { compute: 2 } })], status: 202 },
  exportVc: { call: ['exportVc', 'genome'], answer: DOCUMENT },
  listUnits: { call: ['listUnits', 'genome'], answer: { items: [UNIT], seq: 7 } },
  createUnit: { body: { unit: { name: 'compute', provider: 'local', flavor: 'small' } }, call: ['createUnit', 'genome', { unit: DOCUMENT.units[0] }], status: 202 },
  getUnit: { call: ['getUnit', 'genome', 'compute'], answer: UNIT },
  deleteUnit: { query: 'allowRemove=compute:4', call: ['deleteUnit', 'genome', 'compute', { compute: 4 }], status: 202 },
  scaleUnit: { body: { count: 3 }, call: ['scale', 'genome', 'compute', { count: 3, allowRemove: {} }], status: 202 },
  addNodes: { body: {}, call: ['addNodes', 'genome', 'compute', { count: 1 }], status: 202 },
  setApp: { body: { compose: COMPOSE }, call: ['setApp', 'genome', 'compute', 'web', COMPOSE], status: 202 },
  removeApp: { call: ['removeApp', 'genome', 'compute', 'web'], status: 202 },
  listNodes: { call: ['listNodes', 'genome', { limit: 100 }], answer: { items: [NODE], seq: 7 } },
  removeNodes: { body: { names: ['compute-1'], allowRemove: { compute: 1 } }, call: ['removeNodes', 'genome', { names: ['compute-1'], allowRemove: { compute: 1 } }], status: 202 },
  getNode: { call: ['getNode', 'genome', 'compute-1'], answer: NODE },
  execNode: { body: { command: 'true' }, call: ['exec', 'genome', 'compute-1', { command: 'true', env: {} }] },
  copyTo: { tar: true, query: 'path=/srv', call: ['copyTo', 'genome', 'compute-1', '/srv', Buffer.from('tar bytes')], status: 204 },
  copyFrom: { query: 'path=/srv', call: ['copyFrom', 'genome', 'compute-1', '/srv'] },
  sshAccess: { call: ['sshAccess', 'genome', 'compute-1'], answer: SSH },
  listContainers: { call: ['containers', 'genome', 'compute-1', expect.any(AbortSignal)], answer: { items: [] } },
  runContainers: { body: { app: 'web', compose: COMPOSE }, call: ['runContainers', 'genome', 'compute-1', 'web', COMPOSE, expect.any(AbortSignal)], answer: { items: [] } },
  removeContainer: { call: ['removeContainer', 'genome', 'compute-1', 'web-main', expect.any(AbortSignal)], status: 204 },
  containerLogs: { query: 'tail=5', call: ['containerLogs', 'genome', 'compute-1', 'web-main', 5, expect.any(AbortSignal)] },
  readExec: { query: 'stdout=3&stderr=4', call: ['attach', 'ex-1', { stdout: 3, stderr: 4 }] },
  cancelExec: { call: ['cancelExec', 'ex-1'], status: 204 },
  listOperations: { query: 'vc=genome&open=true', call: ['listOperations', { limit: 100, vc: 'genome', open: true }], answer: { items: [OPERATION], seq: 7 } },
  getOperation: { call: ['getOperation', 'op-1'], answer: OPERATION },
  cancelOperation: { call: ['cancel', 'op-1'], answer: OPERATION },
  delivered: { call: ['delivered', 'op-1'], status: 204 },
  events: {},
  listEvents: { query: 'after=2', call: ['listEvents', { after: 2, limit: 200 }], answer: { events: [], newest: 0, reset: false } },
  listProviders: { call: ['listProviders'], answer: { items: [PROVIDER] } },
  getProvider: { call: ['getProvider', 'local'], answer: PROVIDER },
  shutdown: { status: 202, answer: { stopping: true } }
};

const NAMES = Object.keys(ROUTES) as readonly RouteName[];
const pathOf = (name: RouteName): string => ROUTES[name].path.replace(/(?<=\/):([a-z]+)/g, (_, word: string) => WORDS[word]!);
const withoutEvents = NAMES.filter(name => name !== 'events');

function send(name: RouteName, headers: Readonly<Record<string, string>> = {}) {
  const { body, query, tar } = CASES[name];
  return http.app.inject({
    method: ROUTES[name].method, url: `${pathOf(name)}${query === undefined ? '' : `?${query}`}`, headers: { ...headers, ...(tar === true ? { 'content-type': 'application/x-tar' } : {}) },
    ...(tar === true ? { payload: Buffer.from('tar bytes') } : body === undefined ? {} : { payload: body as object })
  });
}

describe('routes', () => {
  it.each(withoutEvents)('%s reaches its service with a caller and answers by the contract', async name => {
    const { call, status = 200, answer } = CASES[name];
    const response = await send(name, { 'idempotency-key': 'k1', 'x-vcp-origin': encodeURIComponent(JSON.stringify({ notebook: 'ゲノム.ipynb', client: 'kernel' })) });
    expect(response.statusCode).toBe(status);
    if (call !== undefined) {
      const [method, ...args] = call;
      expect(http.services.calls).toHaveLength(1);
      const recorded = http.services.calls[0]!;
      expect(recorded).toMatchObject({ method, caller: { actor: { user: 'ada' }, origin: { notebook: 'ゲノム.ipynb', client: 'kernel' }, idempotencyKey: 'k1' } });
      expect(recorded.args.slice(0, args.length)).toEqual(args);
    }
    if ('change' in ROUTES[name]) {
      expect(response.headers['location']).toBe('/v1/operations/op-1');
      expect(response.json()).toEqual(OPERATION);
    } else if (answer !== undefined) expect(response.json()).toEqual(answer);
  });

  it('says when an earlier operation was found', async () => {
    expect((await send('applyVc')).headers['x-vcp-attached']).toBeUndefined();
    http.services.attached = true;
    expect((await send('applyVc')).headers['x-vcp-attached']).toBe('true');
  });

  it('are exactly those of the contract, in the router, in OpenAPI and in the client', async () => {
    for (const name of NAMES) expect(http.app.hasRoute({ method: ROUTES[name].method, url: routerPath(ROUTES[name].path) }), name).toBe(true);
    const registered = http.app.printRoutes({ commonPrefix: false }).match(/\(([A-Z, ]+)\)/g)!.flatMap(methods => methods.slice(1, -1).split(', '));
    expect(registered).toHaveLength(NAMES.length);

    const document = (await send('openapi')).json() as { paths: Record<string, Record<string, unknown>> };
    const described = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`));
    expect(described.sort()).toEqual(NAMES.map(name => `${ROUTES[name].method} ${ROUTES[name].path.replace(/(?<=\/):([a-z]+)/g, '{$1}')}`).sort());

    for (const name of NAMES) expect(typeof (VcpClient.prototype as unknown as Record<string, unknown>)[name], name).toBe('function');
  });

  it('describe every body, answer and failure', async () => {
    const document = (await send('openapi')).json() as { paths: Record<string, Record<string, { requestBody?: unknown; responses: Record<string, { content?: Record<string, { schema?: unknown }> }> }>> };
    for (const name of NAMES) {
      const described = document.paths[ROUTES[name].path.replace(/(?<=\/):([a-z]+)/g, '{$1}')]![ROUTES[name].method.toLowerCase()]!;
      expect(described.requestBody !== undefined, name).toBe(CASES[name].body !== undefined);
      expect(described.responses['default']?.content?.['application/problem+json'], name).toBeDefined();
      expect(described.responses[String(CASES[name].status ?? 200)], name).toBeDefined();
    }
    const operation = document.paths['/v1/operations/{operation}']!['get']!.responses['200']!.content!['application/json']!.schema as { properties: Record<string, unknown>; required: string[] };
    expect(Object.keys(operation.properties)).toEqual(expect.arrayContaining(Object.keys(OPERATION)));
    expect(operation.required).toEqual(expect.arrayContaining(['state', 'progress', 'timing']));
    const lines = document.paths['/v1/execs/{exec}']!['get']!.responses['200']!.content!['application/x-ndjson']!.schema as { anyOf: unknown[] };
    expect(lines.anyOf).toHaveLength(2);
  });

  it('never take a verb for a part of a name', async () => {
    expect((await http.app.inject('/v1/vcs/genome:exprot')).statusCode).toBe(404);
    expect((await http.app.inject({ method: 'POST', url: '/v1/vcs/genome' })).statusCode).toBe(404);
    expect((await http.app.inject('/v1/vcs/a:b/units')).statusCode).toBe(404);
    expect(http.services.calls).toEqual([]);
  });

  it('read names that were encoded', async () => {
    await http.app.inject('/v1/vcs/genome/nodes/compute%2D1');
    expect(http.services.calls[0]!.args).toEqual(['genome', 'compute-1']);
  });

  it('stop the controller only after the answer was sent', async () => {
    await send('shutdown');
    expect(http.stops).toBe(1);
  });

  it('keep what belongs to the controller itself from ordinary users', async () => {
    http.actor = { user: 'eve', project: 'default', role: 'user' };
    expect((await send('shutdown')).statusCode).toBe(403);
    expect(http.stops).toBe(0);
    expect((await send('version')).statusCode).toBe(200);
  });

  it('print metrics for Prometheus', async () => {
    const { body, headers } = await send('metrics');
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    for (const line of ['vcp_operations{state="running"} 1', 'vcp_nodes{state="running"} 2', 'vcp_journal_commit_seconds_sum 0.006', 'vcp_journal_commit_seconds_count 3', 'vcp_event_readers 0']) expect(body.split('\n')).toContain(line);
    expect(body).toMatch(/^vcp_event_loop_lag_max_seconds [\d.e-]+$/m);
  });

  it('answer 503 with the reasons while the controller is not ready', async () => {
    await http.app.close();
    http = await testHttp({ readiness: async () => ({ ready: false, problems: ['recovery is running'] }) });
    const response = await send('ready');
    expect([response.statusCode, response.json()]).toEqual([503, { ready: false, problems: ['recovery is running'] }]);
  });
});
