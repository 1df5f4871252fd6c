import { describe, expect, it } from 'vitest';
import { bundleOf, completeBundle, SHOWN_MARK } from './mime-bundle.js';
import { vegaLiteBundle } from './vega-lite.js';

describe('completeBundle', () => {
  it('makes everything fit to be sent', () => {
    expect(completeBundle({ 'image/png': new Uint8Array([1, 2]), 'application/json': { big: 5n, none: undefined }, 'text/html': '<td>a</td><td>b &lt; c</td>', 'x/none': undefined })).toEqual({
      'image/png': 'AQI=', 'application/json': { big: '5' }, 'text/html': '<td>a</td><td>b &lt; c</td>', 'text/plain': 'a\tb < c'
    });
  });

  it('prefers markdown to a list of types as text', () => {
    expect(completeBundle({ 'text/markdown': '# x' })['text/plain']).toBe('# x');
    expect(completeBundle({ 'image/svg+xml': '<svg/>' })['text/plain']).toBe('<image/svg+xml>');
  });
});

describe('bundleOf', () => {
  it('shows null, and nothing for undefined or for what is shown already', async () => {
    expect(await bundleOf(null)).toEqual({ 'text/plain': 'null' });
    expect(await bundleOf(undefined)).toBeUndefined();
    expect(await bundleOf({ [SHOWN_MARK]: true })).toBeUndefined();
  });
});

describe('vegaLiteBundle', () => {
  it('says that there are more rows than it lists', () => {
    const values = Array.from({ length: 25 }, (_, x) => ({ x, y: 'é' }));
    const text = String(vegaLiteBundle({ mark: { type: 'line' }, encoding: { y: { aggregate: 'count' } }, data: { values } })['text/plain']);
    expect(text).toMatch(/^Chart \(line, y: count\(\)\)/);
    expect(text).toMatch(/… and 5 more rows$/);
  });
});
