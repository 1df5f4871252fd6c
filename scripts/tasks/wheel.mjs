import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from '../build.mjs';
import { ensurePython } from '../setup/python.mjs';
import { guarded, say } from '../setup/say.mjs';
import { root } from '../setup/workspace.mjs';

/** `npm run wheel`: everything in one wheel, extension/dist/ */
export function run() {
  return guarded(async () => {
    const bin = await ensurePython(root);
    await build(root);
    const { buildWheel } = await import(pathToFileURL(join(root, 'extension', 'build-wheel.mjs')).href);
    const wheel = buildWheel({ python: join(bin, 'python') });
    say(`${wheel}  ${(statSync(wheel).size / 1e6).toFixed(1)} MB`);
    return 0;
  });
}
