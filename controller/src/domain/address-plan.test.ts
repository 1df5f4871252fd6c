import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseAddress, chooseNetworkCidr, chooseVcCidr, contains, DEFAULT_POOL, formatCidr, overlaps, parseCidr } from './address-plan.js';

describe('the address plan', () => {
  it('gives 256 virtual clouds ranges that do not overlap, then says that the pool is used up', () => {
    const taken: string[] = [];
    for (let index = 0; index < 256; index += 1) taken.push(chooseVcCidr(DEFAULT_POOL, taken, 'installation'));
    expect(new Set(taken).size).toBe(256);
    expect(taken.every(cidr => cidr.endsWith('/18') && contains(DEFAULT_POOL, cidr))).toBe(true);
    expect(() => chooseVcCidr(DEFAULT_POOL, taken, 'installation')).toThrow(/No address range is left/);
  });

  it('begins elsewhere for another installation', () => {
    expect(new Set(['a', 'b', 'c', 'd'].map(seed => chooseVcCidr(DEFAULT_POOL, [], seed))).size).toBeGreaterThan(1);
  });

  it('leaves room for the engine and services below .10 and for the broadcast address', () => {
    expect(chooseAddress('10.64.0.0/22', new Set())).toBe('10.64.0.10');
    expect(chooseAddress('10.64.0.0/22', new Set(['10.64.0.10', '10.64.0.11']))).toBe('10.64.0.12');
    const full = new Set(Array.from({ length: 5 }, (_, index) => `10.0.0.${10 + index}`));
    expect(() => chooseAddress('10.0.0.0/28', full)).toThrow(/is full: it has 5 addresses/);
  });

  it('refuses a range that is too small for a virtual cloud', () => {
    expect(() => chooseNetworkCidr('10.0.0.0/25', [])).toThrow(/too small/);
    expect(chooseNetworkCidr('10.0.0.0/24', ['10.0.0.0/26'])).toBe('10.0.0.64/26');
  });

  it('reads and writes ranges, dropping bits after the prefix', () => {
    fc.assert(fc.property(fc.nat(0xffffffff), fc.integer({ min: 8, max: 30 }), (address, prefix) => {
      const text = `${[24, 16, 8, 0].map(shift => Math.floor(address / 2 ** shift) % 256).join('.')}/${prefix}`;
      const clean = formatCidr(parseCidr(text));
      expect(formatCidr(parseCidr(clean))).toBe(clean);
      expect(overlaps(text, clean)).toBe(true);
    }));
  });
});
