import { join } from 'node:path';
import { build } from '../build.mjs';
import { shown } from '../setup/exec.mjs';
import { ensurePython } from '../setup/python.mjs';
import { guarded, Remedy } from '../setup/say.mjs';
import { root } from '../setup/workspace.mjs';
import { pathToFileURL } from 'node:url';

/** `npm run wheel`: everything in one wheel, extension/dist/ */
export function run() {
  return guarded(async () => {
    const bin = await ensurePython(root);
    await build(root);
    await (await import(pathToFileURL(join(root, 'extension', 'build-wheel.mjs')).href)).stageWheel();
    const code = await shown(join(bin, 'python'), ['-m', 'build', '--wheel', '--no-isolation', '--outdir', 'dist'], { cwd: join(root, 'extension') });
    if (code !== 0) throw new Remedy('The wheel could not be packed; see above.');
    return 0;
  });
}
