import { defineConfig } from 'vitest/config';

// Tests over the real protocol, on the built kernel: `node kernel/build.mjs` has to come first.
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    root: import.meta.dirname,
    include: ['testing/**/*.int.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    fileParallelism: false
  }
});
