import { describe, expect, it } from 'vitest';
import { nearest, suggestName } from './index.js';

describe('nearest', () => {
  it('finds swaps, missing and wrong letters', () => {
    expect(nearest('recieve', ['send', 'receive'])).toBe('receive');
    expect(nearest('flavour', ['flavor', 'provider'])).toBe('flavor');
    expect(nearest('Count', ['count'])).toBe('count');
  });

  it('offers nothing where nothing is near', () => {
    expect(nearest('banana', ['flavor', 'provider'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});

describe('suggestName', () => {
  it('makes legal names or none', () => {
    expect(suggestName('Über Cluster_1')).toBe('u-ber-cluster-1');
    expect(suggestName('ゲノム')).toBeUndefined();
    expect(suggestName('x'.repeat(60))).toBe('x'.repeat(40));
  });
});
