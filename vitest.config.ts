import { defineConfig } from 'vitest/config';

// Unit tests run on the sources (`source` export condition), so no build has to precede them.
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['{sdk,kernel,controller,extension}/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.int.test.ts', '**/dist/**'],
    testTimeout: 20_000,
    passWithNoTests: false
  }
});
