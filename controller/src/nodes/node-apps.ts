import type { IncomingMessage } from 'node:http';
import { VcpError, type AppView, type ComposeDocument } from '@jupyterlab-vcp/sdk/wire';
import { APP_LABEL, checkAppName, CONFIG_LABEL, configDigest, wantedApp, type WantedContainer } from './compose-containers.js';
import { configOf, containerLogs, exitCodeOf, listContainers, nameOf, removeContainerById, viewContainer, type ListedContainer } from './node-containers.js';
import { engineStatus, type NodeEngine } from './node-engine.js';
import { abortError } from './node-errors.js';

/** A program that cannot even start ends within this time; waiting longer would slow every application down. */
const SETTLE_MS = 400;
const LOG_LINES_IN_ERROR = 10;

export interface EnsureAppOptions {
  readonly engine: NodeEngine;
  readonly app: string;
  readonly compose: ComposeDocument;
  readonly signal: AbortSignal;
  /** Brings an image that the node lacks. */
  readonly fetchImage: (image: string) => Promise<void>;
}

/**
 * Makes the containers of an application as the document says: unchanged ones stay, changed ones are replaced, others of it go.
 * @throws invalid_request, command_failed naming service, exit code and last lines of a container that ends right away.
 */
export async function ensureApp(options: EnsureAppOptions): Promise<readonly AppView[]> {
  const { engine, app, compose, signal } = options;
  const wanted = wantedApp(app, compose);
  const images = new Map<string, string>();
  for (const image of new Set(wanted.containers.map(container => container.body.Image))) images.set(image, await imageIdOf(options, image));
  const existing = new Map((await listContainers(engine, signal, app)).map(container => [nameOf(container), container]));
  const digests = new Map(wanted.containers.map(container => [container.name, configDigest(container.body, images.get(container.body.Image) ?? '')]));

  const stale = [...existing.values()].filter(container => configOf(container) !== digests.get(nameOf(container)));
  await Promise.all(stale.map(container => removeContainerById(engine, container.Id, nameOf(container), signal)));
  for (const container of stale) existing.delete(nameOf(container));

  if (wanted.network !== undefined) await ensureNetwork(engine, app, wanted.network, signal);
  for (const volume of wanted.volumes) {
    await engine.call('/volumes/create', { method: 'POST', body: { Name: volume, Labels: { [APP_LABEL]: app } }, what: `Making volume ${volume}`, signal });
  }
  const settling: Promise<void>[] = [];
  for (const container of wanted.containers) {
    const settled = await startContainer(options, container, digests.get(container.name) ?? '', existing.get(container.name));
    if (settled === undefined) continue;
    const { settles } = settled;
    settles.catch(() => undefined);
    settling.push(settles);
  }
  await Promise.all(settling);
  return appViews(engine, signal, app);
}

/** Stops and removes its containers and its network. Named volumes stay, as with Compose. */
export async function removeApp(engine: NodeEngine, app: string, signal: AbortSignal): Promise<void> {
  checkAppName(app);
  const containers = await listContainers(engine, signal, app);
  await Promise.all(containers.map(container => removeContainerById(engine, container.Id, nameOf(container), signal)));
  // 403: something that was started by hand still uses it.
  await engine.call(`/networks/${app}_default`, { method: 'DELETE', accept: [403, 404, 409], what: `Removing network ${app}_default`, signal });
}

export async function appViews(engine: NodeEngine, signal: AbortSignal, app?: string): Promise<readonly AppView[]> {
  const containers = await listContainers(engine, signal, app);
  const views = await Promise.all(containers.map(container => viewContainer(engine, container, signal)));
  return views.sort((a, b) => (a.container < b.container ? -1 : 1));
}

async function imageIdOf(options: EnsureAppOptions, image: string): Promise<string> {
  const found = await imageId(options.engine, image, options.signal);
  if (found !== undefined) return found;
  await options.fetchImage(image);
  const fetched = await imageId(options.engine, image, options.signal);
  if (fetched === undefined) throw new VcpError('command_failed', `Node ${options.engine.nodeName} has no image ${image}, though it was sent there.`);
  return fetched;
}

/** The id under which a node has an image; undefined when it has not. */
export async function imageId(engine: NodeEngine, image: string, signal: AbortSignal): Promise<string | undefined> {
  const answer = await engine.call(`/images/${encodeImage(image)}/json`, { accept: [404], what: `Looking for image ${image}`, signal });
  return answer.status === 404 ? undefined : (JSON.parse(answer.body) as { readonly Id: string }).Id;
}

/** @throws invalid_request for what cannot be the name of an image. */
export function encodeImage(image: string): string {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._\-/:@]*$/.test(image) || image.includes('//') || image.includes('..')) {
    throw new VcpError('invalid_request', `${JSON.stringify(image)} is no name of an image.`, { hint: 'Write for example debian:12 or registry.example.org/team/tool:1.0.' });
  }
  return image;
}

async function ensureNetwork(engine: NodeEngine, app: string, name: string, signal: AbortSignal): Promise<void> {
  const found = await engine.call(`/networks/${name}`, { accept: [404], what: `Looking for network ${name}`, signal });
  if (found.status !== 404) return;
  await engine.call('/networks/create', { method: 'POST', body: { Name: name, CheckDuplicate: true, Driver: 'bridge', Labels: { [APP_LABEL]: app } }, accept: [409], what: `Making network ${name}`, signal });
}

/** Undefined when it was left as it is. `settles` fails when the container ends right away. */
async function startContainer(options: EnsureAppOptions, wanted: WantedContainer, digest: string, existing: ListedContainer | undefined): Promise<{ readonly settles: Promise<void> } | undefined> {
  const { engine, signal } = options;
  // A job that ended well is done; everything else that stands still is started again.
  if (existing !== undefined && (['running', 'restarting', 'paused'].includes(existing.State) || (existing.State === 'exited' && exitCodeOf(existing) === 0))) return undefined;
  const id = existing?.Id ?? (await createContainer(options, wanted, digest));
  // Watched from before its start, so that an end between two restarts is seen, too. The engine answers once it watches.
  const patience = new AbortController();
  const exit = await engine.stream(`/containers/${id}/wait?condition=next-exit`, { method: 'POST', what: `Watching ${wanted.name}`, signal: AbortSignal.any([signal, patience.signal]) });
  try {
    await engine.call(`/containers/${id}/start`, { method: 'POST', accept: [304], what: `Starting ${wanted.name}`, signal });
  } catch (error) {
    patience.abort();
    throw namedFailure(error, options, wanted);
  }
  const timer = setTimeout(() => patience.abort(), SETTLE_MS);
  return { settles: refuseEarlyEnd(options, wanted, id, exit, patience.signal).finally(() => clearTimeout(timer)) };
}

async function createContainer(options: EnsureAppOptions, wanted: WantedContainer, digest: string): Promise<string> {
  const { engine, app, signal } = options;
  const body = { ...wanted.body, Labels: { ...wanted.body.Labels, [CONFIG_LABEL]: digest } };
  try {
    const made = await engine.json<{ readonly Id: string }>(`/containers/create?name=${wanted.name}`, { method: 'POST', body, what: `Making ${wanted.name}`, signal });
    return made.Id;
  } catch (error) {
    if (engineStatus(error) !== 409) throw namedFailure(error, options, wanted);
    throw new VcpError('conflict', `Node ${engine.nodeName} has a container ${wanted.name} already, and it is not service ${wanted.service} of application ${app}.`, { hint: 'Remove it (`docker rm -f` on the node), or name the application otherwise.', cause: error });
  }
}

function namedFailure(error: unknown, options: EnsureAppOptions, wanted: WantedContainer): unknown {
  if (!(error instanceof VcpError) || error.code !== 'command_failed') return error;
  return new VcpError('command_failed', `Service ${wanted.service} of application ${options.app} on node ${options.engine.nodeName} could not be started: ${error.message.replace(/^.*? failed: /, '')}`, { cause: error, details: { service: wanted.service } });
}

async function refuseEarlyEnd(options: EnsureAppOptions, wanted: WantedContainer, id: string, exit: IncomingMessage, settled: AbortSignal): Promise<void> {
  const { engine, app, signal } = options;
  let text = '';
  try {
    for await (const part of exit) text += String(part);
  } catch (error) {
    if (signal.aborted) throw abortError(signal, `Starting ${wanted.name}`);
    if (settled.aborted) return;
    throw engine.explain(error, { what: `Watching ${wanted.name}`, signal });
  }
  const code = (JSON.parse(text) as { readonly StatusCode: number }).StatusCode;
  if (code === 0) return;
  const lines = (await containerLogs(engine, id, LOG_LINES_IN_ERROR, signal).catch(() => '')).trim();
  throw new VcpError('command_failed', `Service ${wanted.service} of application ${app} on node ${engine.nodeName} ended right away with exit code ${code}${lines === '' ? ' and wrote nothing.' : `:\n${lines}`}`, {
    hint: 'Correct its command, environment or image and apply again.', details: { service: wanted.service, exitCode: code }
  });
}
