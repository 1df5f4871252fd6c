import { describe, expect, it } from 'vitest';
import { CellOutputs } from './cell-outputs.js';
import { prepareNotebook, titleOf, type Notebook } from './notebook-file.js';

const NOTEBOOK = {
  nbformat: 4, nbformat_minor: 4, metadata: { kernelspec: { name: 'vcp' } },
  cells: [
    { cell_type: 'markdown', metadata: {}, source: ['# First\n', 'text'] },
    { cell_type: 'code', metadata: { tags: ['parameters'] }, source: 'const n = 1', outputs: [{ output_type: 'stream' }], execution_count: 4 },
    { cell_type: 'code', id: 'job', metadata: {}, source: ['n\n', '+ 1'] }
  ]
} as unknown as Notebook;

describe('prepareNotebook', () => {
  it('puts parameters after their defaults, gives every cell an id and forgets earlier outputs', () => {
    const prepared = prepareNotebook(NOTEBOOK, { n: 5, words: ['a"b'] });
    expect(prepared.nbformat_minor).toBe(5);
    expect(prepared.cells.map(cell => cell.id)).toEqual(['cell-1', 'cell-2', 'injected-parameters', 'job']);
    expect(prepared.cells[2]).toMatchObject({ cell_type: 'code', metadata: { tags: ['injected-parameters'] }, source: 'const n = 5\nconst words = ["a\\"b"]' });
    expect(prepared.cells[1]).toMatchObject({ outputs: [], execution_count: null });
    expect(prepareNotebook(prepared, { n: 6 }).cells).toHaveLength(4);
    expect(prepareNotebook(prepared, {}).cells).toHaveLength(3);
    expect(titleOf(prepared, 3)).toBe('First');
  });

  it('puts parameters before all code where no cell is tagged', () => {
    const untagged = { ...NOTEBOOK, cells: NOTEBOOK.cells.map(cell => ({ ...cell, metadata: {} })) } as Notebook;
    expect(prepareNotebook(untagged, { n: 5 }).cells.map(cell => cell.id)).toEqual(['cell-1', 'injected-parameters', 'cell-2', 'job']);
  });
});

describe('CellOutputs', () => {
  it('joins streams, changes displays in place also from a later cell, and clears when told', () => {
    const outputs = new CellOutputs();
    outputs.take('a', 'stream', { name: 'stdout', text: '1\n' });
    outputs.take('a', 'stream', { name: 'stdout', text: '2\n' });
    outputs.take('a', 'stream', { name: 'stderr', text: 'e' });
    outputs.take('a', 'display_data', { data: { 'text/plain': 'old' }, metadata: {}, transient: { display_id: 'd' } });
    outputs.take('b', 'update_display_data', { data: { 'text/plain': 'new' }, metadata: {}, transient: { display_id: 'd' } });
    expect(outputs.of('a')).toEqual([{ output_type: 'stream', name: 'stdout', text: '1\n2\n' }, { output_type: 'stream', name: 'stderr', text: 'e' }, { output_type: 'display_data', data: { 'text/plain': 'new' }, metadata: {} }]);
    outputs.take('a', 'clear_output', { wait: true });
    expect(outputs.of('a')).toHaveLength(3);
    outputs.take('a', 'execute_result', { data: { 'text/plain': '3' }, metadata: {}, execution_count: 2 });
    expect(outputs.of('a')).toEqual([{ output_type: 'execute_result', data: { 'text/plain': '3' }, metadata: {}, execution_count: 2 }]);
    expect(outputs.take('a', 'status', { execution_state: 'idle' })).toBe(false);
    expect(outputs.of('b')).toEqual([]);
  });
});
