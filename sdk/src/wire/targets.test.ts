import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTarget, resolveTarget, type TargetNode } from './index.js';

function nodes(vc: string, unit: string, count: number, state = 'running'): readonly TargetNode[] {
  return Array.from({ length: count }, (_, index) => ({ vc, unit, number: index + 1, name: `${unit}-${index + 1}`, state }));
}

const CLOUD = [...nodes('genome', 'head', 1), ...nodes('genome', 'compute', 7), ...nodes('genome', 'web-server', 2, 'error'), ...nodes('other', 'compute', 2)];
const names = (target: string, vc?: string): readonly string[] => resolveTarget(target, CLOUD, vc).map(node => `${node.vc}/${node.name}`);

describe('resolveTarget', () => {
  it('finds units, nodes, ranges, states and everything', () => {
    expect(names('compute-2', 'genome')).toEqual(['genome/compute-2']);
    expect(names('compute-[1-3,7]', 'genome')).toEqual([1, 2, 3, 7].map(number => `genome/compute-${number}`));
    expect(names('genome/head-1')).toEqual(['genome/head-1']);
    expect(names('*:error', 'genome')).toEqual(['genome/web-server-1', 'genome/web-server-2']);
    expect(names('web-server', 'genome')).toHaveLength(2);
    expect(names('*', 'genome')).toHaveLength(10);
  });

  it('joins parts without repeating a node, in the order of the list', () => {
    expect(names('compute-2, head compute-[1-2]', 'genome')).toEqual(['genome/head-1', 'genome/compute-1', 'genome/compute-2']);
  });

  it('keeps a virtual cloud apart from another with equal names', () => {
    expect(names('other/compute', 'genome')).toEqual(['other/compute-1', 'other/compute-2']);
  });

  it('never means nobody: a part that matches nothing is an error with the nearest name', () => {
    expect(() => names('comptue', 'genome')).toThrowError(expect.objectContaining({ code: 'not_found', hint: 'Did you mean “compute”?' }));
    expect(() => names('compute, compute-9', 'genome')).toThrowError(expect.objectContaining({ message: expect.stringContaining('compute-9') }));
  });

  it('finds all nodes of a virtual cloud by NAME/*, and says so when only NAME was given', () => {
    expect(names('genome/*')).toHaveLength(10);
    expect(names('other/*', 'genome')).toEqual(['other/compute-1', 'other/compute-2']);
    for (const vc of ['genome', undefined]) expect(() => names('genome', vc)).toThrowError(expect.objectContaining({ code: 'not_found', hint: 'genome is a virtual cloud; all its nodes are “genome/*”.' }));
    expect(() => resolveTarget('empty', [], 'empty')).toThrowError(expect.objectContaining({ hint: expect.stringContaining('“empty/*”') }));
    expect(() => names('genome/web')).toThrowError(expect.objectContaining({ hint: expect.not.stringContaining('/*') }));
  });

  it('names a wrong state and the nearest', () => {
    expect(() => names('compute:runing')).toThrowError(expect.objectContaining({ hint: 'Did you mean “running”?' }));
  });

  it.each(['', '  ', 'compute-[3-1]', 'compute-[a]', 'compute-[1-999999]', 'Compute', 'a/b/c', 'compute-[]', '-1'])('refuses %j', text => {
    expect(() => parseTarget(text)).toThrowError(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('gives back exactly the numbers of any range', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }), numbers => {
      const cloud = nodes('genome', 'compute', 60);
      const found = resolveTarget(`compute-[${numbers.join(',')}]`, cloud, 'genome');
      expect(found.map(node => node.number)).toEqual([...numbers].sort((a, b) => a - b));
    }));
  });

  it('finds every node by its own name and only that one', () => {
    fc.assert(fc.property(fc.constantFrom(...CLOUD), node => {
      expect(resolveTarget(`${node.vc}/${node.name}`, CLOUD)).toEqual([node]);
    }));
  });

  it('reads or refuses any text, and never fails otherwise', () => {
    fc.assert(fc.property(fc.string({ maxLength: 40 }), text => {
      try {
        expect(parseTarget(text).length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid_request' });
      }
    }));
  });
});
