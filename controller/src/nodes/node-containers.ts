import { VcpError, type AppView } from '@jupyterlab-vcp/sdk/wire';
import { APP_LABEL, CONFIG_LABEL, SERVICE_LABEL } from './compose-containers.js';
import { demultiplexLogs, engineStatus, type NodeEngine } from './node-engine.js';

/** One entry of the engine's list of containers. */
export interface ListedContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly State: string;
  readonly Status: string;
  readonly Labels: Readonly<Record<string, string>>;
}

const LONGEST_DETAIL = 300;

export async function listContainers(engine: NodeEngine, signal: AbortSignal, app?: string): Promise<readonly ListedContainer[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [app === undefined ? APP_LABEL : `${APP_LABEL}=${app}`] }));
  return engine.json<readonly ListedContainer[]>(`/containers/json?all=1&filters=${filters}`, { what: 'Listing containers', signal });
}

export function nameOf(container: ListedContainer): string {
  return (container.Names[0] ?? container.Id.slice(0, 12)).replace(/^\//, '');
}

export function configOf(container: ListedContainer): string | undefined {
  return container.Labels[CONFIG_LABEL];
}

export function exitCodeOf(container: ListedContainer): number | undefined {
  const match = /^(?:Exited|Restarting) \((\d+)\)/.exec(container.Status);
  return match === null ? undefined : Number(match[1]);
}

/** As people see it; with the last line of its log where it does not run. */
export async function viewContainer(engine: NodeEngine, container: ListedContainer, signal: AbortSignal): Promise<AppView> {
  const view = { app: container.Labels[APP_LABEL] ?? '', service: container.Labels[SERVICE_LABEL] ?? '', container: nameOf(container), image: container.Image };
  const { state, detail } = stateOf(container);
  if (state !== 'error' && state !== 'exited') return { ...view, state, ...(detail === undefined ? {} : { detail }) };
  const line = await containerLogs(engine, container.Id, 1, signal).catch(() => '');
  return { ...view, state, detail: [detail, line.trim()].filter(text => text !== undefined && text !== '').join(': ').slice(0, LONGEST_DETAIL) };
}

function stateOf(container: ListedContainer): { readonly state: AppView['state']; readonly detail?: string | undefined } {
  const code = exitCodeOf(container);
  if (container.State === 'created') return { state: 'starting' };
  if (container.State === 'restarting') return { state: 'error', detail: `ends again and again with exit code ${code ?? '?'}` };
  if (container.State === 'exited') return code === 0 ? { state: 'exited', detail: 'ended' } : { state: 'error', detail: `ended with exit code ${code ?? '?'}` };
  if (container.State === 'dead' || container.State === 'removing') return { state: 'error', detail: container.State };
  if (container.State === 'paused') return { state: 'running', detail: 'paused' };
  if (container.Status.includes('(health: starting)')) return { state: 'starting' };
  if (container.Status.includes('(unhealthy)')) return { state: 'error', detail: 'its health check fails' };
  return { state: 'running' };
}

/** The last `tail` lines of both outputs. @throws not_found. */
export async function containerLogs(engine: NodeEngine, container: string, tail: number, signal: AbortSignal): Promise<string> {
  const bytes = await engine.bytes(`/containers/${encodeURIComponent(container)}/logs?stdout=1&stderr=1&tail=${tail}`, { what: `Reading the log of ${container}`, signal });
  // Without a terminal each piece has a header of eight bytes: which output, three zeros, the length.
  const multiplexed = bytes.length >= 8 && bytes.readUInt8(0) <= 2 && bytes.readUIntBE(1, 3) === 0;
  return demultiplexLogs(bytes, !multiplexed);
}

export interface ResolvedContainer { readonly id: string; readonly name: string; readonly state: string }

/**
 * Finds a container by its name, or by the name of an application that has one container only.
 * @throws not_found naming those that are there.
 */
export async function resolveContainer(engine: NodeEngine, name: string, signal: AbortSignal): Promise<ResolvedContainer> {
  const exact = await inspect(engine, name, signal);
  if (exact !== undefined) return exact;
  const all = await listContainers(engine, signal);
  const ofApp = all.filter(container => container.Labels[APP_LABEL] === name);
  const [only] = ofApp;
  if (only !== undefined && ofApp.length === 1) return { id: only.Id, name: nameOf(only), state: only.State };
  const there = (ofApp.length > 1 ? ofApp : all).map(nameOf).sort();
  throw new VcpError('not_found', ofApp.length > 1
    ? `Application ${name} on node ${engine.nodeName} has ${ofApp.length} containers.`
    : `There is no container ${name} on node ${engine.nodeName}.`, { hint: there.length === 0 ? 'There are no application containers on it.' : `Name one of: ${there.join(', ')}.` });
}

async function inspect(engine: NodeEngine, name: string, signal: AbortSignal): Promise<ResolvedContainer | undefined> {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) return undefined;
  try {
    const found = await engine.json<{ readonly Id: string; readonly Name: string; readonly State: { readonly Status: string } }>(`/containers/${name}/json`, { what: `Looking for container ${name}`, signal });
    return { id: found.Id, name: found.Name.replace(/^\//, ''), state: found.State.Status };
  } catch (error) {
    if (engineStatus(error) === 404) return undefined;
    throw error;
  }
}

/** Stops a container with its own time for that, and removes it with its unnamed volumes. Succeeds when it is gone already. */
export async function removeContainerById(engine: NodeEngine, id: string, name: string, signal: AbortSignal): Promise<void> {
  await engine.call(`/containers/${id}/stop`, { method: 'POST', accept: [304, 404], what: `Stopping ${name}`, signal });
  await engine.call(`/containers/${id}?force=1&v=1`, { method: 'DELETE', accept: [404, 409], what: `Removing ${name}`, signal });
}
