import { describe, expect, it } from 'vitest';
import { hostsLines } from './hosts-lines.js';

describe('hostsLines', () => {
  it('is the same text for the same nodes in any order', () => {
    const a = { name: 'head-1', address: '10.64.0.2' };
    const b = { name: 'compute-1', address: '10.64.0.3' };
    expect(hostsLines([b, a, a])).toBe(hostsLines([a, b]));
    expect(hostsLines([a, b])).toBe('10.64.0.2 head-1\n10.64.0.3 compute-1\n');
  });

  it('lets nothing but names and addresses into the file', () => {
    expect(() => hostsLines([{ name: 'a\n10.0.0.1 google.com', address: '10.64.0.2' }])).toThrow(/no name of a host/);
    expect(() => hostsLines([{ name: 'a', address: '10.64.0.2 b' }])).toThrow(/no address/);
  });
});
