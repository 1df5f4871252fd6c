import { VcpError, type ComposeDocument, type PlanChange, type UnitDocument } from '@jupyterlab-vcp/sdk/wire';
import type { Node } from './entities.js';
import { sameValue } from './unit-spec.js';

export interface AppsDiff { readonly reconcile: boolean; readonly removed: readonly string[]; readonly changes: readonly PlanChange[] }

/**
 * Applications are wanted state: a changed document or a node without one of them asks for work.
 * @param running nodes of the unit that stay and run
 */
export function planApps(before: UnitDocument | undefined, after: UnitDocument, running: readonly Node[]): AppsDiff {
  const old = before?.apps ?? {};
  const wanted = wantedApps(after);
  const removed = Object.keys(old).filter(app => !(app in wanted));
  const changes: PlanChange[] = [];
  for (const [app, compose] of Object.entries(wanted)) {
    const name = `${after.name}/${app}`;
    if (before !== undefined && !(app in old)) changes.push({ action: 'add', kind: 'app', unit: after.name, name, detail: onNodes(running.length) });
    else if (before !== undefined && !sameValue(old[app], compose)) changes.push({ action: 'change', kind: 'app', unit: after.name, name, detail: `made anew ${onNodes(running.length)}` });
    else {
      const without = running.filter(node => !runsApp(node, app));
      if (without.length > 0) changes.push({ action: 'change', kind: 'app', unit: after.name, name, detail: `start again on ${without.map(node => node.name).join(', ')}` });
    }
  }
  for (const app of removed) changes.push({ action: 'remove', kind: 'app', unit: after.name, name: `${after.name}/${app}`, detail: onNodes(running.length) });
  return { reconcile: changes.length > 0 && running.length > 0, removed, changes };
}

/** The applications of a unit. @throws VcpError invalid_request for one that is still the name of a file. */
export function wantedApps(unit: UnitDocument): Readonly<Record<string, ComposeDocument>> {
  const apps: Record<string, ComposeDocument> = {};
  for (const [app, compose] of Object.entries(unit.apps ?? {})) {
    if (typeof compose === 'string') {
      throw new VcpError('invalid_request', `Application ${app} of unit ${unit.name} is the name of a file (${compose}); the controller does not read files of clients.`, { hint: 'Use vcp apply or %%vc apply, which send the file’s contents.' });
    }
    apps[app] = compose;
  }
  return apps;
}

export function runsApp(node: Pick<Node, 'apps'>, app: string): boolean {
  const seen = node.apps.filter(view => view.app === app);
  return seen.length > 0 && seen.every(view => view.state !== 'error' && view.state !== 'wanted');
}

function onNodes(count: number): string {
  return count === 0 ? 'on its nodes, when they run' : `on ${count} ${count === 1 ? 'node' : 'nodes'}`;
}
