import { describe, expect, it } from 'vitest';
import type { OperationResource, Plan } from '@jupyterlab-vcp/sdk/wire';
import { nodeRow } from '../../testing/doubles/rows.js';
import { can, mustBeAllowed } from './can.js';
import { addressAmong } from './node-address.js';
import { networkRow } from '../../testing/doubles/rows.js';
import { sumPrices, timesPrice, UNKNOWN_PRICE } from './prices.js';
import { mustAllowRemovals, operationPhase, resultSummary, runningSummary, staleRevision } from './wording.js';

const user = { user: 'alice', project: 'physics', role: 'user' as const };
const chief = { user: 'root', project: 'default', role: 'administrator' as const };
const vc = (project: string): { readonly kind: 'vc'; readonly project: string; readonly name: string } => ({ kind: 'vc', project, name: 'genome' });

describe('can', () => {
  it('lets people of a project do everything with what is theirs and nothing with the rest', () => {
    for (const verb of ['read', 'change', 'destroy', 'exec'] as const) {
      expect(can(user, verb, vc('physics'))).toBe(true);
      expect(can(user, verb, vc('biology'))).toBe(false);
      expect(can(chief, verb, vc('biology'))).toBe(true);
    }
  });

  it('keeps the installation to administrators, except for looking', () => {
    expect(can(user, 'admin', { kind: 'controller', name: 'controller' })).toBe(false);
    expect(can(user, 'read', { kind: 'provider', name: 'local' })).toBe(true);
    expect(can(user, 'change', { kind: 'provider', name: 'local' })).toBe(false);
    expect(can(chief, 'admin', { kind: 'controller', name: 'controller' })).toBe(true);
  });

  it('does not tell that something exists to who may not see it', () => {
    expect(() => mustBeAllowed(user, 'destroy', vc('biology'))).toThrow(expect.objectContaining({ code: 'not_found' }) as Error);
    expect(() => mustBeAllowed(user, 'admin', { kind: 'controller', name: 'the controller' })).toThrow(expect.objectContaining({ code: 'forbidden' }) as Error);
  });
});

describe('prices', () => {
  it('add up within a currency, with the date of the oldest', () => {
    expect(sumPrices([{ perHour: 0.1, currency: 'USD', asOf: '2026-02-01' }, { perHour: 0.2, currency: 'USD', asOf: '2026-01-01' }, { perHour: 0, currency: 'none' }])).toEqual({ perHour: 0.3, currency: 'USD', asOf: '2026-01-01' });
  });
  it('are unknown when a part is, and mixed when currencies are', () => {
    expect(sumPrices([{ perHour: null, currency: 'none' }, { perHour: 1, currency: 'JPY' }])).toMatchObject({ perHour: null, currency: 'JPY' });
    expect(sumPrices([{ perHour: 1, currency: 'USD' }, { perHour: 30, currency: 'JPY' }])).toEqual({ perHour: null, currency: 'mixed', note: '1 USD + 30 JPY' });
  });
  it('cost nothing where nothing costs', () => {
    expect(sumPrices([])).toEqual({ perHour: 0, currency: 'none' });
    expect(timesPrice({ perHour: 0.1, currency: 'USD' }, 3)).toEqual({ perHour: 0.3, currency: 'USD' });
  });
});

describe('the way to a node', () => {
  const gateway = nodeRow({ number: 1, region: 'two', hostKey: 'k1', address: '10.64.4.10' });
  const behind = nodeRow({ number: 2, region: 'two', hostKey: 'k2', address: '10.64.4.11' });
  const network = networkRow({ region: 'two', gatewayNodeId: gateway.id });

  it('goes straight where the controller has a route, and through the gateway where it has none', () => {
    expect(addressAmong(behind, 'direct', [network], [gateway, behind]).jump).toBeUndefined();
    expect(addressAmong(gateway, 'gateway', [network], [gateway, behind]).jump).toBeUndefined();
    expect(addressAmong(behind, 'gateway', [network], [gateway, behind]).jump).toEqual({ nodeId: gateway.id, address: '10.64.4.10', hostKey: 'k1' });
  });

  it('is unknown without a host key or a gateway', () => {
    expect(() => addressAmong(nodeRow({ hostKey: undefined }), 'direct', [network], [])).toThrow(/no host key yet/);
    expect(() => addressAmong(behind, 'gateway', [networkRow({ region: 'two' })], [behind])).toThrow(/has none now/);
  });
});

describe('words', () => {
  const resource = (name: string, phase: string, state: OperationResource['state'] = 'running', kind: OperationResource['kind'] = 'node'): OperationResource => ({ kind, name, state, phase });
  it('say what an operation does', () => {
    expect(operationPhase([resource('compute-4', 'booting')])).toBe('booting compute-4');
    expect(operationPhase([resource('compute-4', 'booting (usually 4 s)'), resource('compute-5', 'booting (usually 4 s)')])).toBe('booting 2 nodes (usually 4 s)');
    expect(operationPhase([resource('compute-4', 'running onJoin')])).toBe('compute-4: running onJoin');
    expect(operationPhase([resource('compute-4', 'running', 'done')])).toBe('');
  });
  it('say what came of it', () => {
    expect(resultSummary({ added: ['a-1', 'a-2', 'a-3', 'a-4', 'a-5'], removed: [], changed: [] }, runningSummary([{ unit: 'a', state: 'running' }]))).toBe('a-1, a-2, a-3 and 2 more added: 1 node running (a 1)');
    expect(resultSummary({ added: [], removed: [], changed: [] }, runningSummary([]))).toBe('Nothing to change: no nodes');
  });
  it('say how a stale plan differs', () => {
    const error = staleRevision('genome', 1, 2, [{ vcId: 'v', revision: 2, document: { version: 1, name: 'genome', units: [] }, operation: 'o', summary: 'compute scaled to 8', at: Date.UTC(2026, 0, 1, 14, 5), owner: 'a', project: 'p', actor: 'alice', origin: {} }]);
    expect(error.message).toBe('genome changed since this was planned: compute scaled to 8 by alice at 14:05 UTC.');
    expect(error.details).toMatchObject({ baseRevision: 1, revision: 2, changes: [{ actor: 'alice' }] });
  });
  it('say which nodes would go, whatever their unit is called', () => {
    const plan: Plan = { vc: 'genome', exists: true, baseRevision: 1, digest: '', changes: [], summary: { add: 0, change: 0, remove: 1 }, removals: { constructor: 1 }, priceBefore: UNKNOWN_PRICE, priceAfter: UNKNOWN_PRICE, quota: [], warnings: [], document: { version: 1, name: 'genome', units: [] } };
    expect(() => mustAllowRemovals(plan, {})).toThrow(expect.objectContaining({ code: 'removal_not_allowed', hint: 'If they may go, add: --allow-remove constructor:1' }) as Error);
    expect(() => mustAllowRemovals(plan, { constructor: 1 })).not.toThrow();
  });
});
