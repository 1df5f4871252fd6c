import { toVcpError, type AppView, type ComposeDocument } from '@jupyterlab-vcp/sdk/wire';
import { sameValue, wantedApps, type NodeAddress } from '../domain/index.js';
import { changeNode, readNode } from './node-rows.js';
import type { OperationRun } from './operation-run.js';

/** The applications that a node's unit wants at this moment. */
export async function appsOf(run: OperationRun, nodeId: string): Promise<Readonly<Record<string, ComposeDocument>>> {
  return run.context.store.read(async reader => {
    const node = await readNode(reader, nodeId);
    const unit = (await reader.vc(node.vcId))?.document.units.find(candidate => candidate.name === node.unit);
    return unit === undefined ? {} : wantedApps(unit);
  });
}

/**
 * Makes a node's applications as its unit wants them. What was seen is kept, also of the one that failed.
 * @throws the first failure, after all were tried.
 */
export async function ensureApps(run: OperationRun, nodeId: string, address: NodeAddress): Promise<void> {
  const { shell } = run.context;
  const wanted = Object.entries(await appsOf(run, nodeId));
  if (wanted.length === 0) return;
  const images = [...new Set(wanted.flatMap(([, compose]) => Object.values(compose.services).map(service => service.image)))];
  run.step('node', address.name, 'sending images');
  await shell.ensureImages([address], images, message => run.step('node', address.name, message), run.signal);
  let failure: unknown;
  for (const [app, compose] of wanted) {
    run.step('node', address.name, `starting ${app}`);
    try {
      await keepApps(run, nodeId, app, await shell.ensureApp(address, app, compose, run.signal));
    } catch (error) {
      if (run.signal.aborted) throw error;
      failure ??= error;
      await keepApps(run, nodeId, app, failedViews(app, compose, error));
    }
  }
  if (failure !== undefined) throw failure;
}

/** @throws what the node answers. */
export async function removeApps(run: OperationRun, nodeId: string, address: NodeAddress, apps: readonly string[]): Promise<void> {
  for (const app of apps) {
    run.step('node', address.name, `removing ${app}`);
    await run.context.shell.removeApp(address, app, run.signal);
    await keepApps(run, nodeId, app, []);
  }
}

/** The node's list of containers with one application's replaced. */
async function keepApps(run: OperationRun, nodeId: string, app: string, views: readonly AppView[]): Promise<void> {
  await run.context.persist(tx => changeNode(tx, run.context, nodeId, node => {
    const apps = [...node.apps.filter(view => view.app !== app), ...views];
    return sameValue(apps, node.apps) ? node : { ...node, apps };
  }));
}

function failedViews(app: string, compose: ComposeDocument, error: unknown): readonly AppView[] {
  const detail = toVcpError(error).message;
  return Object.entries(compose.services).map(([service, { image }]) => ({ app, service, container: `${app}-${service}`, image, state: 'error', detail }));
}
