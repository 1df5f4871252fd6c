import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PRODUCT_VERSION } from './index.js';

describe('PRODUCT_VERSION', () => {
  it.each(['package.json', 'sdk/package.json', 'controller/package.json', 'kernel/package.json'])('is the version of %s', file => {
    const { version } = JSON.parse(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')) as { version: string };
    expect(PRODUCT_VERSION).toBe(version);
  });
});
