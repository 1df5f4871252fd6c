import { rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { PRODUCT_VERSION, type ReadyView, type VersionView } from '@jupyterlab-vcp/sdk/wire';
import type { Logger } from 'pino';
import { createCatalog, dockerClient, engineAddress } from './clouds/index.js';
import { removeControllerFile, writeControllerFile } from './controller-file.js';
import { dataFolders } from './data-files.js';
import type { Actor } from './domain/index.js';
import { buildHttp, type HttpServer } from './http/index.js';
import { randomIds } from './ids.js';
import { measuredStore } from './measured-store.js';
import { createNodeShell, dockerImageSource } from './nodes/index.js';
import { NodeWork, createOperations } from './operations/index.js';
import { realTimer } from './real-timer.js';
import { clearSocket, protectSocket, runtimeSocket } from './runtime-socket.js';
import type { Settings } from './settings.js';
import { readStatistics } from './statistics.js';
import { StopSteps } from './stop-steps.js';
import { openStore } from './store/index.js';

export interface StartOptions {
  readonly settings: Settings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Told in words what is being done, for whoever waits for the start. */
  readonly progress: (message: string) => void;
  /** Somebody asked over REST that the controller stops. */
  readonly onStopRequest: () => void;
}

export interface RunningController { readonly socket: string; readonly identity: VersionView; stop(): Promise<void> }

/**
 * Builds the rooms, joins them and listens. What was begun before a failure is ended again.
 * @throws VcpError conflict when another controller has the data folder, and what the rooms refuse.
 */
export async function startController(options: StartOptions): Promise<RunningController> {
  const steps = new StopSteps(options.log);
  try {
    return await joinRooms(options, steps);
  } catch (error) {
    await steps.run();
    throw error;
  }
}

async function joinRooms(options: StartOptions, steps: StopSteps): Promise<RunningController> {
  const { settings, log, environment, progress } = options;
  const socket = runtimeSocket(settings.home, { environment, uid: process.getuid!(), temporaryFolder: tmpdir() }, settings.socket);
  const startedAt = new Date(realTimer.now()).toISOString();

  progress('opening the database');
  const { store, commits, writeProblem } = measuredStore(await openStore({ folder: settings.home, clock: realTimer, log, socket, mostEvents: settings.keptEvents }));
  steps.add('database', () => store.close());

  const folders = dataFolders();
  const catalog = createCatalog({ catalogFolder: folders.catalog, baseRecipeFolder: folders.baseRecipe, workFolder: join(settings.home, 'work'), environment });
  const shell = await createNodeShell({ home: settings.home, clock: realTimer, images: imageSource(environment, log), log: message => log.warn({}, message) });
  steps.add('connections to nodes', () => shell.close());

  progress('looking what was left unfinished');
  const operations = createOperations({ store, catalog, shell, clock: realTimer, ids: randomIds, log, settings: { addressPool: settings.addressPool } });
  steps.add('operations', () => operations.stop());
  await operations.start();

  const identity: VersionView = { product: 'jupyterlab-vcp', version: PRODUCT_VERSION, api: 1, installation: store.installation, home: settings.home, pid: process.pid, startedAt };
  const actor = personAtThisComputer();
  const app = await buildHttp({
    cloud: operations.cloud, nodeWork: new NodeWork({ store, shell, catalog, ids: randomIds, clock: realTimer, log }), onEvents: listener => store.onEvents(listener),
    authenticate: () => actor, identity, logger: log, clock: realTimer,
    readiness: async (): Promise<ReadyView> => {
      const problems = [...new Set([...operations.problems(), writeProblem()])].filter(problem => problem !== undefined);
      return { ready: problems.length === 0, problems };
    },
    statistics: () => readStatistics(store, commits()), stop: options.onStopRequest
  });
  await listen(app, socket, steps);

  writeControllerFile(settings.home, { pid: process.pid, socket, startedAt, version: PRODUCT_VERSION });
  steps.add('controller file', () => removeControllerFile(settings.home, process.pid));
  log.info({ socket, home: settings.home, version: PRODUCT_VERSION, installation: store.installation, boot: store.bootEpoch }, 'the controller is ready');
  return { socket, identity, stop: () => steps.run() };
}

async function listen(app: HttpServer, socket: string, steps: StopSteps): Promise<void> {
  clearSocket(socket);
  steps.add('requests', async () => {
    const late = realTimer.sleep(3_000).then(() => app.server.closeAllConnections());
    await Promise.race([app.close(), late]);
    rmSync(socket, { force: true });
  });
  await app.listen({ path: socket });
  protectSocket(socket);
}

/** On a person's own machine the socket's permission is the login: whoever connects is its owner. */
function personAtThisComputer(): Actor {
  return { user: userInfo().username, project: 'default', role: 'administrator' };
}

/** Images of this computer's own engine can be put onto nodes; without an engine they come from elsewhere. */
function imageSource(environment: StartOptions['environment'], log: Logger): ReturnType<typeof dockerImageSource> {
  try {
    return dockerImageSource(dockerClient(engineAddress(environment['DOCKER_HOST'])));
  } catch (error) {
    log.warn({ err: error }, 'images of this computer cannot be put onto nodes');
    return { find: async () => undefined, save: async () => { throw error; } };
  }
}
