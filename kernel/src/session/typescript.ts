import { createRequire } from 'node:module';
import type TS from 'typescript';

/**
 * The TypeScript compiler, loaded by `require`: an `import` would run the loader's export scanner over nine megabytes
 * (40 ms) for the same object.
 */
export const ts = createRequire(import.meta.url)('typescript') as typeof TS;
