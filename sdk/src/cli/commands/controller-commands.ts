import { readFileSync } from 'node:fs';
import { VcpError, isVcpError } from '../../wire/index.js';
import { controllerConnection, controllerHome, ensureController, pause, readControllerFile, sharedControllerUrl } from '../../client/index.js';
import type { Command } from '../command.js';

const LONGEST_STOP_MS = 30_000;

export const controllerStart: Command = {
  name: 'controller start', words: '', summary: 'start the controller of this data folder (VCP_HOME), if none runs',
  async run(_invocation, context) {
    const { version } = await ensureController({ signal: context.signal, origin: { client: 'cli' }, onStarting: message => context.terminal.err(`${message} …\n`) });
    context.print(version, `controller ${version.version} runs (pid ${version.pid}) on ${version.home}`);
    return 0;
  }
};

export const controllerStatus: Command = {
  name: 'controller status', words: '', summary: 'say whether a controller runs, and where',
  async run(_invocation, context) {
    try {
      const { client, version } = await controllerConnection({ signal: context.signal });
      const ready = await client.ready({ signal: context.signal });
      client.close();
      context.print({ running: true, ...version, ...ready }, [`controller ${version.version} runs (pid ${version.pid}) on ${version.home} since ${version.startedAt}`, ...ready.problems.map(problem => `▲ ${problem}`)].join('\n'));
      return ready.ready ? 0 : 3;
    } catch (error) {
      if (!isVcpError(error) || error.code !== 'controller_unavailable') throw error;
      context.print({ running: false, home: controllerHome(), reason: error.message }, `${error.message}${error.hint === undefined ? '' : `\n→ ${error.hint}`}`);
      return 1;
    }
  }
};

export const controllerStop: Command = {
  name: 'controller stop', words: '', summary: 'stop the controller; running operations go on when it starts again',
  async run(_invocation, context) {
    if (sharedControllerUrl({}) !== undefined) throw new VcpError('not_supported', 'A shared controller is not stopped from here.', { hint: 'Ask its administrator.' });
    const home = controllerHome();
    const file = await readControllerFile(home);
    const running = await controllerConnection({ signal: context.signal }).catch((error: unknown) => {
      if (isVcpError(error) && error.code === 'controller_unavailable') return undefined;
      throw error;
    });
    if (running === undefined) {
      context.print({ stopped: false, running: false }, `No controller runs for ${home}.`);
      return 0;
    }
    await running.client.shutdown({ signal: context.signal });
    running.client.close();
    const deadline = Date.now() + LONGEST_STOP_MS;
    while (isAlive(running.version.pid)) {
      if (Date.now() > deadline) throw new VcpError('timed_out', `The controller (pid ${running.version.pid}) does not end.`, { hint: `Look into its log in ${home}/logs.` });
      await pause(50, context.signal);
      context.signal.throwIfAborted();
    }
    context.print({ stopped: true, pid: running.version.pid, ...(file === undefined ? {} : { socket: file.socket }) }, `controller (pid ${running.version.pid}) stopped`);
    return 0;
  }
};

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // A process that has ended but was not yet buried by its parent counts as ended.
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}
