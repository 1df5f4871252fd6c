import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type Docker from 'dockerode';
import type { CloudContext } from '../../../domain/index.js';
import { debianMirror, SUITE } from './debian-mirror.js';
import { engineIsAway, isGone } from './docker-errors.js';
import { followProgress } from './engine-progress.js';

/** The Debian that base containers are built on, by whichever way it came. */
export const DEBIAN_IMAGE = 'vcp/debian:12';
const OFFICIAL = { name: 'debian', tag: '12-slim' };
/** A registry that says nothing for so long is taken for absent. */
const REGISTRY_SILENCE_MS = 10_000;
/** What `debootstrap --variant=minbase` prints, within a tenth. */
const DEBOOTSTRAP_LINES = 330;
const FOLDER_PREFIX = 'debian-';

export interface DebianOptions { readonly docker: Docker; readonly workFolder: string; readonly asRoot?: boolean | undefined }

/**
 * Has the Debian image on the engine: the official one where an image registry answers, else one made from Debian's
 * packages by debootstrap and imported under the same name.
 * @throws VcpError provider_denied (debootstrap needs root), provider_failed with what to install.
 */
export async function ensureDebianImage(options: DebianOptions, context: CloudContext): Promise<void> {
  const exists = await options.docker.getImage(DEBIAN_IMAGE).inspect().then(() => true, error => { if (isGone(error)) return false; throw error; });
  if (exists) return;
  context.progress('Looking for Debian 12 in an image registry', 0);
  const absent = await pullOfficial(options.docker, context);
  if (absent === undefined) return;
  context.signal.throwIfAborted();
  context.progress('No image registry answers: making Debian 12 from its packages', 0.02);
  await bootstrap(options, absent, context);
}

/** @returns why it could not be pulled, or undefined when it was. */
async function pullOfficial(docker: Docker, context: CloudContext): Promise<string | undefined> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), REGISTRY_SILENCE_MS);
  const signal = AbortSignal.any([context.signal, silence.signal]);
  try {
    const stream = await docker.createImage({ fromImage: OFFICIAL.name, tag: OFFICIAL.tag, abortSignal: signal });
    await followProgress(stream, signal, event => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), REGISTRY_SILENCE_MS);
      context.progress(`Pulling Debian 12: ${event.status ?? ''}`.trimEnd(), 0.3);
    });
    const [repo, tag] = DEBIAN_IMAGE.split(':') as [string, string];
    await docker.getImage(`${OFFICIAL.name}:${OFFICIAL.tag}`).tag({ repo, tag });
    return undefined;
  } catch (error) {
    context.signal.throwIfAborted();
    if (!silence.signal.aborted && engineIsAway(error)) throw error;
    return silence.signal.aborted ? 'it did not answer' : error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

async function bootstrap(options: DebianOptions, registrySaid: string, context: CloudContext): Promise<void> {
  const mirror = await debianMirror();
  await requireDebootstrap(options, mirror, registrySaid);
  await mkdir(options.workFolder, { recursive: true });
  await removeLeftovers(options.workFolder);
  const folder = await mkdtemp(join(options.workFolder, `${FOLDER_PREFIX}${process.pid}-`));
  try {
    let lines = 0;
    await runDebootstrap(['--variant=minbase', '--include=ca-certificates', SUITE, folder, ...(mirror === undefined ? [] : [mirror])], context.signal, line => {
      lines += 1;
      context.progress(`Debian 12: ${line}`, Math.min(0.95, 0.02 + (0.93 * lines) / DEBOOTSTRAP_LINES));
    });
    context.progress('Debian 12: importing', 0.96);
    await importFolder(options.docker, folder, context.signal);
  } finally {
    await removeTree(folder);
  }
}

async function requireDebootstrap(options: DebianOptions, mirror: string | undefined, registrySaid: string): Promise<void> {
  const about = { registry: registrySaid };
  const present = await promisify(execFile)('debootstrap', ['--version']).then(() => true, () => false);
  if (!present) {
    throw new VcpError('provider_failed', 'The base image cannot be made: no image registry answers, and the program debootstrap is not installed.', { hint: 'Install it, then retry: sudo apt-get install debootstrap', details: about });
  }
  if (!(options.asRoot ?? process.getuid?.() === 0)) {
    throw new VcpError('provider_denied', 'The base image cannot be made: no image registry answers, and debootstrap needs root.', {
      hint: `Make the image once by hand, then retry: sudo debootstrap --variant=minbase --include=ca-certificates ${SUITE} /var/tmp/vcp-debian${mirror === undefined ? '' : ` ${mirror}`} && sudo tar -C /var/tmp/vcp-debian -c . | docker import - ${DEBIAN_IMAGE}`,
      details: about
    });
  }
}

/** Folders of controllers that were killed here. */
async function removeLeftovers(workFolder: string): Promise<void> {
  for (const name of await readdir(workFolder)) {
    const pid = new RegExp(`^${FOLDER_PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && Number(pid) !== process.pid && !(await isAlive(Number(pid)))) await removeTree(join(workFolder, name));
  }
}

/**
 * Removes a folder in which debootstrap worked. A killed one leaves file systems of this computer mounted there, which
 * must not be walked into.
 */
async function removeTree(folder: string): Promise<void> {
  const mounted = async (): Promise<readonly string[]> => (await readFile('/proc/self/mounts', 'utf8')).split('\n').map(line => line.split(' ')[1] ?? '').filter(path => path.startsWith(`${folder}/`));
  for (const path of [...(await mounted())].reverse()) await promisify(execFile)('umount', [path]).catch(() => {});
  if ((await mounted()).length === 0) await rm(folder, { recursive: true, force: true });
}

/** A process that nobody has waited for (a zombie) is as good as gone. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/\) [ZX] /.test(stat);
}

/** In a process group of its own, so that all that it starts can be ended; the system ends it when this process is killed. */
async function runDebootstrap(args: readonly string[], signal: AbortSignal, onLine: (line: string) => void): Promise<void> {
  signal.throwIfAborted();
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'debootstrap', ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const stop = (): void => { if (child.pid !== undefined) try { process.kill(-child.pid, 'SIGKILL'); } catch { /* it has ended already */ } };
  signal.addEventListener('abort', stop, { once: true });
  const last: string[] = [];
  const take = (line: string): void => {
    last.splice(0, Math.max(0, last.length - 4));
    last.push(line);
    onLine(line.replace(/^[IWEP]: /, ''));
  };
  createInterface({ input: child.stdout }).on('line', take);
  createInterface({ input: child.stderr }).on('line', take);
  try {
    const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    signal.throwIfAborted();
    if (code !== 0) throw new VcpError('provider_failed', `debootstrap could not make Debian 12: ${last.join(' / ')}`, { hint: 'See whether apt-get update works on this computer, then retry.' });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function importFolder(docker: Docker, folder: string, signal: AbortSignal): Promise<void> {
  const tar = spawn('tar', ['-C', folder, '--exclude=./var/cache/apt/*', '--exclude=./var/lib/apt/lists/*', '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => tar.once('error', reject).once('close', resolve));
  // Where the import fails first, that is what is told.
  ended.catch(() => {});
  const [repo, tag] = DEBIAN_IMAGE.split(':') as [string, string];
  try {
    const stream = await docker.importImage(tar.stdout, { repo, tag, changes: 'CMD ["bash"]', abortSignal: signal });
    await followProgress(stream, signal, () => {});
  } catch (error) {
    // Nobody reads it any more: it would wait for ever, with its folder about to be removed.
    tar.kill('SIGKILL');
    throw error;
  }
  if ((await ended) !== 0) {
    await docker.getImage(DEBIAN_IMAGE).remove({ force: true });
    throw new VcpError('provider_failed', 'Debian 12 could not be imported: tar failed.', { hint: 'See whether the disk is full, then retry.' });
  }
}
