import { join } from 'node:path';
import { stopOwnEngine } from '../setup/engine.mjs';
import { shown } from '../setup/exec.mjs';
import { guarded, say } from '../setup/say.mjs';
import { engineFolder, homeFolder, root } from '../setup/workspace.mjs';

/** Ends the controller and, where it was ours, the Docker engine with the nodes in it. Nothing is deleted. */
export function run() {
  return guarded(async () => {
    await shown(process.execPath, [join(root, 'sdk', 'dist', 'vcp.mjs'), 'controller', 'stop'], { env: { ...process.env, VCP_HOME: homeFolder() } });
    if (await stopOwnEngine(engineFolder())) say('the Docker engine of our own has ended (its nodes start again with it)');
    return 0;
  });
}
