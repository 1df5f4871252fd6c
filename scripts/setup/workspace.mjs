// Everything that has to be there before JupyterLab or a test can start.
import { mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../build.mjs';
import { ensureEngine } from './engine.mjs';
import { ensureSystemPackages } from './packages.mjs';
import { ensurePython } from './python.mjs';
import { stageJupyter } from './stage.mjs';

export const root = realpathSync(join(dirname(fileURLToPath(import.meta.url)), '..', '..'));

/** Data folder of the controller; the same rule as in the controller's settings. */
export function homeFolder() {
  return process.env.VCP_HOME || join(process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'jupyterlab-vcp');
}

/** Where an engine of our own lives when the machine has none. It outlives checkouts, as the nodes in it do. */
export function engineFolder() {
  return process.env.VCP_ENGINE_FOLDER || join(process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'jupyterlab-vcp-engine');
}

/** @param {{forTests?: boolean, yes?: boolean, engine?: boolean}} options */
export async function prepare({ forTests = false, yes = false, engine = true } = {}) {
  await ensureSystemPackages({ forTests, yes });
  const bin = await ensurePython(root);
  await build(root);
  mkdirSync(join(root, '.work'), { recursive: true });
  const jupyter = await stageJupyter(root, bin);
  const docker = engine ? await ensureEngine(engineFolder()) : undefined;
  const environment = {
    ...process.env,
    ...jupyter.environment,
    PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
    VCP_HOME: homeFolder(),
    VCP_NODE: process.execPath,
    VCP_CONTROLLER: join(root, 'controller', 'dist', 'controller.mjs'),
    VCP_KERNEL: join(root, 'kernel', 'dist', 'kernel.mjs'),
    VCP_TEMPLATES: join(root, 'templates-notebooks'),
    ...(docker === undefined ? {} : { DOCKER_HOST: docker.host })
  };
  return { bin, environment, docker };
}
