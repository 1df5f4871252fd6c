import type { OperationView, Plan } from '@jupyterlab-vcp/sdk/wire';
import { describe, expect, it } from 'vitest';
import { planBundle, removalsNotAllowed } from './plan-view.js';
import { presentSdkValue } from './present.js';
import { about, duration, operationLine, price } from './wording.js';

const free = { perHour: 0, currency: 'none' };

function plan(changes: Plan['changes'], removals: Plan['removals'] = {}): Plan {
  const count = (action: string): number => changes.filter((change) => change.action === action).length;
  return {
    vc: 'genome', exists: true, baseRevision: 3, digest: 'd', changes, removals, priceBefore: free, priceAfter: { perHour: 42, currency: 'JPY' }, warnings: ['two nodes are away'],
    summary: { add: count('add'), change: count('change'), remove: count('remove') }, document: { version: 1, name: 'genome', units: [] },
    quota: [{ provider: 'local', region: 'one', resource: 'cpu', needed: 4, limit: 2, used: 1, enough: false }]
  };
}

describe('planBundle', () => {
  it('shows changes, price, quota and warnings, in text and in HTML', () => {
    const bundle = planBundle(plan([{ action: 'add', kind: 'node', name: 'compute-3', detail: '<small>' }, { action: 'remove', kind: 'node', name: 'compute-2', detail: 'drained' }]), ['note']);
    expect(bundle['text/plain']).toMatch(/Plan for genome: 1 to add, 0 to change, 1 to remove · free → ¥42\/h[\s\S]*＋ add[\s\S]*－ remove[\s\S]*✖ not enough[\s\S]*▲ two nodes are away\nnote$/);
    expect(bundle['text/html']).toContain('&lt;small&gt;');
  });

  it('says when there is nothing to do', () => expect(planBundle(plan([]))['text/plain']).toMatch(/^genome is as wanted: nothing to do/));
});

describe('removalsNotAllowed', () => {
  it('counts what was allowed', () => expect(removalsNotAllowed(plan([], { compute: 4, head: 1 }), { compute: 3, head: 1 })).toEqual({ compute: 4 }));
});

describe('words', () => {
  it.each([
    [0, '0:00'],
    [118_000, '1:58'],
    [3_723_000, '1:02:03']
  ])('%i ms is %s', (ms, text) => expect(duration(ms)).toBe(text));

  it.each([
    [free, 'free'],
    [{ perHour: null, currency: 'JPY' }, 'price unknown'],
    [{ perHour: 1234.5, currency: 'CHF' }, '1,234.5 CHF/h']
  ])('%o is %s', (value, text) => expect(price(value)).toBe(text));

  it('names the virtual cloud once', () => {
    expect(about('genome', 'genome deleted')).toBe('genome deleted');
    expect(about('genome', 'genomes counted')).toBe('genome: genomes counted');
  });
});

describe('presentSdkValue', () => {
  const operation: OperationView = {
    id: 'op1', kind: 'delete', title: 'Delete genome', vcId: 'v', vc: 'genome', state: 'succeeded', phase: '', progress: { done: 1, total: 1 }, resources: [],
    result: { summary: 'nothing left', added: [], removed: [], changed: [] }, timing: { queuedMs: 0, totalMs: 61_000, cloudMs: 60_000, oursMs: 1000 },
    revision: 1, actor: 'a', origin: {}, createdAt: '2026-01-01T00:00:00.000Z', startedAt: null, endedAt: null
  };

  it('shows an operation as one line', () => {
    expect(operationLine(operation)).toBe('✔ genome: nothing left in 1:01 (cloud 1:00, ours 0:01)');
    expect(presentSdkValue(operation)?.['text/plain']).toBe(operationLine(operation));
    expect(presentSdkValue({ ...operation, state: 'running' })?.['text/plain']).toBe('● running  Delete genome: 1 of 1');
  });

  it('shows a plan as its table', () => expect(presentSdkValue(plan([]))?.['text/plain']).toContain('genome'));
  it('leaves everything else alone', () => expect([[], [1], {}, null, 'x', undefined].map(presentSdkValue)).toEqual(Array(6).fill(undefined)));
});
