import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { guarded, say } from '../setup/say.mjs';
import { root } from '../setup/workspace.mjs';

/** Removes what set-up made inside this checkout. Data folder, nodes and system packages stay. */
export function run() {
  return guarded(() => {
    for (const folder of ['.venv', '.work', '.cache', 'sdk/dist', 'kernel/dist', 'controller/dist', 'extension/lib', 'extension/jupyterlab_vcp/labextension', 'extension/jupyterlab_vcp/node', 'extension/dist', 'node_modules']) {
      rmSync(join(root, folder), { recursive: true, force: true });
    }
    say('removed: .venv, node_modules and everything built. The data folder and the nodes are untouched.');
    return 0;
  });
}
