import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GROUP_STATES, NODE_STATES, OPERATION_STATES, type NodeState } from '@jupyterlab-vcp/sdk/wire';
import { nodeRow, operationRow } from '../../testing/doubles/rows.js';
import { groupReason, unitState, vcState } from './group-state.js';
import { canNodeMove, moveNode, NODE_TRANSITIONS } from './node-states.js';
import { moveOperation, OPERATION_TRANSITIONS } from './operation-states.js';

const node = (state: NodeState, wanted: 'present' | 'absent' = 'present'): { readonly state: NodeState; readonly wanted: 'present' | 'absent' } => ({ state, wanted });
const facts = { wanted: 0, nodes: [], leaving: false, claimed: false };

describe('the states of a node', () => {
  it('can be left towards deletion from everywhere but the end', () => {
    for (const state of NODE_STATES) if (state !== 'deleted' && state !== 'deleting') expect(canNodeMove(state, 'deleting')).toBe(true);
    expect(NODE_TRANSITIONS.deleted).toEqual([]);
  });

  it('are all reachable from requested', () => {
    const seen = new Set<NodeState>(['requested']);
    for (const state of seen) for (const next of NODE_TRANSITIONS[state]) seen.add(next);
    // Stop and start are states of the language; nothing in this version enters them but a stop.
    expect([...seen].sort()).toEqual([...NODE_STATES].sort());
  });

  it('drop the reason of the state before', () => {
    const failed = moveNode(nodeRow(), 'error', { reason: 'broke' });
    expect(failed.reason).toBe('broke');
    expect(moveNode(failed, 'booting').reason).toBeUndefined();
  });

  it('refuse a step that the table does not have', () => {
    expect(() => moveNode(nodeRow({ state: 'deleted' }), 'running')).toThrow(/cannot go from deleted to running/);
  });
});

describe('the states of an operation', () => {
  it('end for good', () => {
    for (const state of OPERATION_STATES) if (state !== 'queued' && state !== 'running') expect(OPERATION_TRANSITIONS[state]).toEqual([]);
    expect(() => moveOperation(operationRow({ state: 'failed' }), 'running')).toThrow(/cannot go from failed to running/);
  });
});

describe('the state of a unit', () => {
  it.each([
    ['empty', facts],
    ['running', { ...facts, wanted: 1, nodes: [node('running')] }],
    ['degraded', { ...facts, wanted: 2, nodes: [node('running')] }],
    ['degraded', { ...facts, wanted: 2, nodes: [node('running'), node('error')] }],
    ['degraded', { ...facts, wanted: 1, nodes: [node('unreachable')] }],
    ['error', { ...facts, wanted: 1, nodes: [node('error')] }],
    ['stopped', { ...facts, wanted: 1, nodes: [node('stopped')] }],
    ['needs-attention', { ...facts, wanted: 2, nodes: [node('error'), node('needs-attention')] }],
    ['applying', { ...facts, wanted: 2, nodes: [node('needs-attention'), node('booting')] }],
    ['applying', { ...facts, wanted: 1, nodes: [node('running')], claimed: true }],
    ['deleting', { ...facts, nodes: [node('running', 'absent')], leaving: true, claimed: true }]
  ] as const)('is %s', (state, given) => {
    expect(unitState(given)).toBe(state);
  });

  it('is always one of the table', () => {
    const arbitrary = fc.record({ wanted: fc.nat(3), leaving: fc.boolean(), claimed: fc.boolean(), nodes: fc.array(fc.record({ state: fc.constantFrom(...NODE_STATES.filter(state => state !== 'deleted')), wanted: fc.constantFrom('present' as const, 'absent' as const) }), { maxLength: 4 }) });
    fc.assert(fc.property(arbitrary, given => { expect(GROUP_STATES).toContain(unitState(given)); }));
  });
});

describe('the state of a virtual cloud', () => {
  const calm = { deleting: false, applying: false };
  it.each([
    ['empty', [], calm], ['running', ['empty', 'running'], calm], ['degraded', ['stopped', 'running'], calm], ['error', ['running', 'error', 'degraded'], calm],
    ['needs-attention', ['error', 'needs-attention'], calm], ['applying', ['running'], { ...calm, applying: true }], ['deleting', ['error'], { deleting: true, applying: true }], ['applying', ['deleting', 'running'], calm]
  ] as const)('is %s', (state, units, given) => {
    expect(vcState(units, given)).toBe(state);
  });

  it('says why it is not well', () => {
    expect(groupReason('degraded', [{ name: 'compute-2', state: 'error', reason: 'its machine was stopped from outside' }, { name: 'compute-3', state: 'unreachable' }], 0)).toBe('compute-2: its machine was stopped from outside (and 1 more)');
    expect(groupReason('degraded', [], 2)).toBe('2 nodes are missing');
    expect(groupReason('running', [], 0)).toBeUndefined();
  });
});
