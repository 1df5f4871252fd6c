import { defineConfig } from 'vitest/config';
export default defineConfig({ root: '/work/main', resolve: { conditions: ['source'] }, ssr: { resolve: { conditions: ['source'] } }, test: { include: ['controller/src/nodes/*.int.test.ts'], testTimeout: 60000, hookTimeout: 120000 } });
