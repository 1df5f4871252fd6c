import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { VcpError, errorSchema, isVcpError } from '../wire/index.js';
import { controllerConnection, controllerHome, sharedControllerUrl, type ConnectionOptions, type ControllerConnection } from './controller-connection.js';
import { pause } from './event-feed.js';
import { textLines } from './text-lines.js';

export interface EnsureOptions extends ConnectionOptions {
  /** Words for people about what is going on. */
  readonly onStarting?: ((message: string) => void) | undefined;
  /** How long a start may take. Default 60 s. */
  readonly timeoutMs?: number | undefined;
}

/** What a starting controller writes to its ready pipe, one JSON a line. */
const startLine = z.union([
  z.object({ state: z.literal('starting'), message: z.string() }),
  z.object({ state: z.literal('ready') }),
  z.object({ state: z.literal('failed'), error: errorSchema })
]);

/** Keeps the memory of a process that mostly waits small. */
const NODE_FLAGS = ['--max-semi-space-size=2', '--optimize-for-size', '--v8-pool-size=1', '--disable-warning=ExperimentalWarning'];
/** For glibc: gives the buffers of image transfers back to the system (measured: 180 MB → 140 MB after one). */
const ALLOCATOR = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '131072' };
const READY_FD = 3;

/**
 * Connects to the running controller, or starts one as a process of its own that outlives this one.
 * Two callers at once end with the same controller. A shared controller (VCP_URL) is never started.
 * @throws VcpError controller_unavailable or the reason why the controller did not start.
 */
export async function ensureController(options: EnsureOptions = {}): Promise<ControllerConnection> {
  try {
    return await controllerConnection(options);
  } catch (error) {
    if (!isVcpError(error) || error.code !== 'controller_unavailable' || sharedControllerUrl(options) !== undefined) throw error;
  }
  const home = controllerHome(options.home);
  const deadline = Date.now() + (options.timeoutMs ?? 60_000);
  options.onStarting?.('starting the controller');
  const refusal = await startController(home, options, deadline).then(() => undefined, (error: unknown) => error);
  // Somebody else's start may have won: theirs is as good as ours.
  const anotherStarts = isVcpError(refusal) && refusal.code === 'conflict';
  if (refusal !== undefined && !anotherStarts) throw refusal;
  for (;;) {
    try {
      return await controllerConnection(options);
    } catch (error) {
      if (!isVcpError(error) || error.code !== 'controller_unavailable') throw error;
      if (Date.now() > deadline || options.signal?.aborted === true) throw refusal ?? error;
      await pause(50, options.signal);
    }
  }
}

/** Where the controller's program is: VCP_CONTROLLER, or beside this one in a checkout or in the wheel. */
export function controllerScript(): string {
  const given = process.env['VCP_CONTROLLER'];
  if (given !== undefined && given !== '') return resolve(given);
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = ['controller.mjs', '../controller/controller.mjs', '../controller/dist/controller.mjs', '../../controller/dist/controller.mjs', '../../../controller/dist/controller.mjs'].map(path => join(here, path));
  const found = candidates.find(path => existsSync(path));
  if (found === undefined) throw new VcpError('controller_unavailable', 'The program of the controller was not found.', { hint: 'Build it with: npm run build, or name it with VCP_CONTROLLER.', details: { tried: candidates } });
  return found;
}

async function startController(home: string, options: EnsureOptions, deadline: number): Promise<void> {
  const child = spawn(process.execPath, [...NODE_FLAGS, controllerScript(), '--ready-fd', String(READY_FD)], {
    detached: true, cwd: '/', stdio: ['ignore', 'ignore', 'pipe', 'pipe'], env: { ...ALLOCATOR, ...process.env, VCP_HOME: home }
  });
  const pipe = child.stdio[READY_FD] as Readable;
  const complaints = collect(child.stderr!);
  const late = setTimeout(() => pipe.destroy(new VcpError('timed_out', 'The controller did not become ready in time.', { hint: `Look into ${join(home, 'logs', 'controller.log')}.` })), Math.max(0, deadline - Date.now()));
  const stop = (): void => { pipe.destroy(new VcpError('cancelled', 'Starting the controller was stopped.')); };
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    await untilReady(child, pipe, complaints, home, options.onStarting);
  } finally {
    clearTimeout(late);
    options.signal?.removeEventListener('abort', stop);
    pipe.destroy();
    child.stderr!.destroy();
    child.unref();
  }
}

async function untilReady(child: ChildProcess, pipe: Readable, complaints: { text: string }, home: string, onStarting: EnsureOptions['onStarting']): Promise<void> {
  const failedToSpawn = new Promise<never>((_, reject) => child.once('error', reject));
  const reading = (async () => {
    for await (const line of textLines(pipe as AsyncIterable<Uint8Array>)) {
      const message = startLine.parse(JSON.parse(line));
      if (message.state === 'ready') return;
      if (message.state === 'failed') throw VcpError.from(message.error as Parameters<typeof VcpError.from>[0]);
      onStarting?.(message.message);
    }
    throw new VcpError('controller_unavailable', 'The controller ended before it was ready.', { hint: `Look into ${join(home, 'logs', 'controller.log')}.`, details: { output: complaints.text.slice(-2000) } });
  })();
  await Promise.race([reading, failedToSpawn]);
}

function collect(stream: Readable): { text: string } {
  const collected = { text: '' };
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => { collected.text = (collected.text + piece).slice(-8000); });
  stream.on('error', () => undefined);
  return collected;
}
