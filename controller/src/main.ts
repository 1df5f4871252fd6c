import { join } from 'node:path';
import { toVcpError, type VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { Logger } from 'pino';
import { HELP, readCommandLine, type CommandLine } from './command-line.js';
import { controllerLog } from './controller-log.js';
import { ReadyPipe } from './ready-pipe.js';
import { RotatingLog } from './rotating-log.js';
import { readSettings, type Settings } from './settings.js';
import { startController, type RunningController } from './start-controller.js';

const STOPPED = 0;
const FAILED = 1;
const USAGE = 2;
/** Whatever does not end within this time is left to the next start. */
const LONGEST_STOP_MS = 15_000;

async function main(): Promise<void> {
  let line: CommandLine;
  let settings: Settings;
  try {
    line = readCommandLine(process.argv.slice(2));
    if (line.help) {
      process.stdout.write(HELP);
      return;
    }
    settings = readSettings(process.env);
  } catch (error) {
    // The pipe to a waiting starter, also when the rest of the line could not be read.
    new ReadyPipe(process.argv.includes('--ready-fd') ? 3 : undefined).say({ state: 'failed', error: toVcpError(error).toJSON() });
    complain(toVcpError(error));
    process.exit(USAGE);
  }
  await run(line, settings);
}

async function run(line: CommandLine, settings: Settings): Promise<void> {
  const pipe = new ReadyPipe(line.readyFd);
  let file: RotatingLog;
  try {
    file = new RotatingLog(join(settings.home, 'logs', 'controller.log'), settings.logFileMiB * 1_048_576);
  } catch (error) {
    pipe.say({ state: 'failed', error: { code: 'store_read_only', message: `The data folder ${settings.home} cannot be written: ${(error as Error).message}`, hint: 'Make room or mend its permissions, or set VCP_HOME to another folder.' } });
    process.stderr.write(`✖ The data folder ${settings.home} cannot be written: ${(error as Error).message}\n`);
    process.exit(FAILED);
  }
  const log = controllerLog(settings.logLevel, file, line.foreground ? text => process.stderr.write(text) : undefined);
  endOnBugs(log);
  const stop = new StopRequest(log);
  try {
    const controller = await startController({ settings, environment: process.env, log, progress: message => pipe.say({ state: 'starting', message }), onStopRequest: () => stop.ask('request') });
    stop.runsNow(controller);
    pipe.say({ state: 'ready' });
  } catch (error) {
    const known = toVcpError(error);
    log.error({ err: error }, 'the controller did not start');
    pipe.say({ state: 'failed', error: known.toJSON() });
    if (!line.foreground) complain(known);
    process.exit(FAILED);
  }
}

/** The orderly end: at SIGTERM, SIGINT or a request. A second signal ends at once; recovery is made for that. */
class StopRequest {
  readonly #log: Logger;
  #controller: RunningController | undefined;
  #asked = false;

  constructor(log: Logger) {
    this.#log = log;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.ask(signal));
    // A terminal that goes away is no reason to stop what runs.
    process.on('SIGHUP', () => undefined);
  }

  /** From here on there is something to stop. */
  runsNow(controller: RunningController): void {
    this.#controller = controller;
    if (this.#asked) void this.#end();
  }

  ask(why: string): void {
    if (this.#asked && why !== 'request') process.exit(FAILED);
    if (this.#asked) return;
    this.#asked = true;
    this.#log.info({ why }, 'the controller stops');
    if (this.#controller !== undefined) void this.#end();
  }

  async #end(): Promise<void> {
    const late = setTimeout(() => {
      this.#log.error({}, 'something did not end in time; it is taken up at the next start');
      process.exit(FAILED);
    }, LONGEST_STOP_MS);
    await this.#controller!.stop();
    clearTimeout(late);
    this.#log.info({}, 'the controller has stopped');
    process.exit(STOPPED);
  }
}

/** After a bug nobody knows what the process still holds true: it ends, and the next start looks at the world. */
function endOnBugs(log: Logger): void {
  const end = (kind: string) => (error: unknown): void => {
    log.fatal({ err: error }, kind);
    process.exit(FAILED);
  };
  process.on('uncaughtException', end('an exception that nobody handled'));
  process.on('unhandledRejection', end('a rejection that nobody handled'));
}

function complain(error: VcpError): void {
  process.stderr.write(`✖ ${error.message}\n${error.at.map(place => `  ${[place.file, place.line, place.column].filter(part => part !== undefined).join(':')} ${place.message}\n`).join('')}${error.hint === undefined ? '' : `→ ${error.hint}\n`}`);
}

await main();
