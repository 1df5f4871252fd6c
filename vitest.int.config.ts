import { defineConfig } from 'vitest/config';

// Tests on real parts: the Docker engine, nodes, the built kernel and controller. One file at a time,
// because they share the engine and two processors.
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['{sdk,kernel,controller}/**/*.int.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    globalSetup: ['controller/testing/base-image.setup.ts'],
    passWithNoTests: false
  }
});
