#!/usr/bin/env node
// The command `vcp` of a checkout. The program itself is built into dist/; this file is there from the first install on.
import { existsSync } from 'node:fs';

const program = new URL('../dist/vcp.mjs', import.meta.url);
if (!existsSync(program)) {
  console.error('✖ vcp is not built yet.\n→ Build it with: npm run build');
  process.exit(1);
}
await import(program.href);
