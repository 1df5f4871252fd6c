import { join } from 'node:path';
import { shown } from '../setup/exec.mjs';
import { guarded, say } from '../setup/say.mjs';
import { root } from '../setup/workspace.mjs';
import { build } from '../build.mjs';

/** Lint, types and unit tests; under a minute, without Docker. */
export function run() {
  return guarded(async () => {
    await build(root, { only: ['sdk'] });
    const node = (name, ...args) => [name, process.execPath, args];
    const failed = [];
    for (const [name, command, args] of [
      node('ESLint', join(root, 'node_modules/eslint/bin/eslint.js'), '.', '--quiet'),
      node('cycles', join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'sdk/src', 'controller/src', 'kernel/src'),
      node('types', join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'),
      node('types of the extension', join(root, 'node_modules/typescript/bin/tsc'), '-p', 'extension/tsconfig.json', '--noEmit'),
      node('unit tests', join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=dot')
    ]) {
      say(name);
      if ((await shown(command, args, { cwd: root })) !== 0) failed.push(name);
    }
    console.log(failed.length === 0 ? '✔ all clean' : `✖ ${failed.join(', ')}`);
    return failed.length === 0 ? 0 : 1;
  });
}
