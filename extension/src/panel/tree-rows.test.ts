import { describe, expect, it } from 'vitest';
import type { NodeView, VcView } from '@jupyterlab-vcp/sdk/wire';
import { treeRows, unfoldedVcs, walk, type ITreeInput } from './tree-rows.js';

const size = { cpu: 1, memoryGiB: 1, gpu: 0, diskGiB: null };
const price = { perHour: null, currency: 'JPY' };
const unit = (vc: string, name: string): VcView['units'][number] => ({ id: `${vc}-${name}`, vcId: vc, vc, name, provider: 'local', region: 'one', flavor: 'small', size, wanted: 2, running: 2, state: 'running', apps: [], price });
const cloud = (name: string): VcView => ({
  id: name, name, project: 'p', owner: 'o', state: 'running', revision: 1, cidr: '10.64.0.0/22', units: [unit(name, 'head'), unit(name, 'worker')], nodes: 4, running: 4,
  price, openOperations: [], createdAt: '2026-01-01T00:00:00Z', changedAt: '2026-01-01T00:00:00Z'
});
const node = (vc: string, of: string, number: number, address = `10.64.0.1${number}`): NodeView => ({
  id: `${vc}-${of}-${number}`, vcId: vc, vc, unit: of, number, name: `${of}-${number}`, provider: 'local', region: 'one', flavor: 'small', size, state: 'running', address, gateway: false,
  reach: 'direct', cloudId: null, hostKey: null, apps: [], createdAt: '2026-01-01T00:00:00Z', readyAt: null, heartbeatAt: null
});
const nodes = (vc: string): NodeView[] => [node(vc, 'head', 1), node(vc, 'worker', 1, '10.64.0.21'), node(vc, 'worker', 2, '10.64.0.22')];
const input = (change: Partial<ITreeInput> = {}): ITreeInput => ({ vcs: [cloud('genome')], nodesOf: nodes, folded: new Map(), filter: '', ...change });
const names = (change: Partial<ITreeInput> = {}): string[] => treeRows(input(change)).map(row => (row.kind === 'vc' ? row.vc.name : row.kind === 'unit' ? row.unit.name : row.node.name));

describe('treeRows', () => {
  it('shows everything of a single virtual cloud at once', () => {
    expect(names()).toEqual(['genome', 'head', 'head-1', 'worker', 'worker-1', 'worker-2']);
  });

  it('begins folded where there are many virtual clouds', () => {
    const vcs = ['a', 'b', 'c', 'd'].map(cloud);
    expect(names({ vcs })).toEqual(['a', 'b', 'c', 'd']);
    expect(unfoldedVcs(vcs, new Map(), '')).toEqual(new Set());
  });

  it('keeps what the person folded and unfolded', () => {
    expect(names({ folded: new Map([['genome-worker', true]]) })).toEqual(['genome', 'head', 'head-1', 'worker']);
    const vcs = ['a', 'b', 'c', 'd'].map(cloud);
    expect(names({ vcs, folded: new Map([['b', false], ['b-head', true], ['b-worker', true]]) })).toEqual(['a', 'b', 'head', 'worker', 'c', 'd']);
  });

  it('finds nodes by name, address and state and keeps the way to them', () => {
    expect(names({ filter: 'worker-2' })).toEqual(['genome', 'worker', 'worker-2']);
    expect(names({ filter: '10.64.0.21' })).toEqual(['genome', 'worker', 'worker-1']);
    expect(names({ filter: 'nothing like it' })).toEqual([]);
  });

  it('shows the whole of a virtual cloud or unit whose own name matches, also when it is folded', () => {
    expect(names({ filter: 'GENOME', folded: new Map([['genome', true]]) })).toHaveLength(6);
    expect(names({ filter: 'head' })).toEqual(['genome', 'head', 'head-1']);
  });

  it('says of each row where it stands among its siblings', () => {
    const places = treeRows(input()).map(row => [row.level, row.position, row.setSize]);
    expect(places).toEqual([[1, 1, 1], [2, 1, 2], [3, 1, 1], [2, 2, 2], [3, 1, 2], [3, 2, 2]]);
  });

  it('has nothing to unfold where nodes are not known', () => {
    const rows = treeRows(input({ nodesOf: () => undefined }));
    expect(rows.map(row => (row.kind === 'node' ? 'node' : row.expanded))).toEqual([true, undefined, undefined]);
  });
});

describe('walk', () => {
  const rows = treeRows(input());
  it('goes up and down and stops at both ends', () => {
    expect([walk(rows, 0, 'ArrowDown'), walk(rows, 5, 'ArrowDown'), walk(rows, 0, 'ArrowUp'), walk(rows, 2, 'Home'), walk(rows, 2, 'End')]).toEqual([1, undefined, undefined, 0, 5]);
  });

  it('goes to the first child and to the parent', () => {
    expect([walk(rows, 3, 'ArrowRight'), walk(rows, 5, 'ArrowRight'), walk(rows, 5, 'ArrowLeft'), walk(rows, 3, 'ArrowLeft'), walk(rows, 0, 'ArrowLeft')]).toEqual([4, undefined, 3, 0, undefined]);
  });
});
