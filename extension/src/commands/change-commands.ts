import { InputDialog } from '@jupyterlab/apputils';
import type { Plan } from '@jupyterlab-vcp/sdk/wire';
import { CommandIDs } from '../command-ids.js';
import { confirmRemoval } from '../dialogs/confirm-removal.js';
import { RequestError } from '../request.js';
import { describe, guarded, subject, type Add, type ICommandParts } from './command-parts.js';

/** Commands that change virtual clouds. */
export function addChangeCommands(add: Add, parts: ICommandParts): void {
  const { client, trans } = parts;
  add(CommandIDs.scaleUnit, {
    label: trans.__('Scale Unit…'),
    caption: trans.__('Make a unit have another number of nodes'),
    describedBy: describe('vc', 'unit', 'count'),
    isEnabled: args => subject(args, client).unit !== undefined,
    execute: args => guarded(trans, () => scale(parts, subject(args, client), args['count'] as number | undefined))
  });
  add(CommandIDs.addNode, {
    label: trans.__('Add Node'),
    caption: trans.__('Add one node to a unit'),
    describedBy: describe('vc', 'unit'),
    isEnabled: args => subject(args, client).unit !== undefined,
    execute: args => guarded(trans, async () => {
      const { vc, unit } = subject(args, client);
      if (vc !== undefined && unit !== undefined) client.model.accepted(await client.api.addNode(vc, unit));
    })
  });
  add(CommandIDs.remove, {
    label: trans.__('Delete…'),
    caption: trans.__('Delete a virtual cloud, a unit or a node'),
    describedBy: describe('vc', 'unit', 'node'),
    isEnabled: args => subject(args, client).vc !== undefined,
    execute: args => guarded(trans, () => remove(parts, subject(args, client)))
  });
  add(CommandIDs.cancelOperation, {
    label: trans.__('Cancel Operation'),
    caption: trans.__('Ask a running operation to stop'),
    describedBy: describe('operation'),
    isEnabled: args => (args['operation'] ?? client.model.openOperations[0]) !== undefined,
    execute: args => guarded(trans, async () => {
      const operation = (args['operation'] as string | undefined) ?? client.model.openOperations[0]?.id;
      if (operation !== undefined) client.model.accepted(await client.api.cancel(operation));
    })
  });
}

interface ITarget { readonly vc?: string; readonly unit?: string; readonly node?: string }

async function scale({ client, trans }: ICommandParts, { vc, unit }: ITarget, wanted: number | undefined): Promise<void> {
  if (vc === undefined || unit === undefined) return;
  const now = client.model.vcNamed(vc)?.units.find(known => known.name === unit)?.wanted ?? 1;
  const count = wanted ?? (await InputDialog.getNumber({ title: trans.__('Scale %1 of %2', unit, vc), label: trans.__('Number of nodes (now %1)', now), value: now, okLabel: trans.__('Scale'), cancelLabel: trans.__('Cancel') })).value;
  if (count === null || !Number.isFinite(count) || (count === now && wanted === undefined)) return;
  try {
    client.model.accepted(await client.api.scale(vc, unit, Math.max(0, Math.floor(count))));
  } catch (error) {
    const plan = removalPlan(error);
    if (plan === undefined) throw error;
    // Which nodes go is the controller's decision: its own plan is what is shown and consented to.
    const goes = plan.changes.filter(change => change.action === 'remove' && change.kind === 'node').map(change => change.name);
    const yes = await confirmRemoval({
      title: trans.__('Scale %1 of %2', unit, vc),
      sentence: trans._n('One node goes, with everything on it:', '%1 nodes go, with everything on them:', goes.length, goes.length),
      goes, button: trans._n('Remove it', 'Remove %1 nodes', goes.length, goes.length)
    }, trans);
    if (yes) client.model.accepted(await client.api.scale(vc, unit, Math.max(0, Math.floor(count)), plan.removals));
  }
}

function removalPlan(error: unknown): Plan | undefined {
  if (!(error instanceof RequestError) || error.code !== 'removal_not_allowed') return undefined;
  const plan = error.details['plan'] as Plan | undefined;
  return Array.isArray(plan?.changes) ? plan : undefined;
}

async function remove(parts: ICommandParts, { vc, unit, node }: ITarget): Promise<void> {
  if (vc === undefined) return;
  const { client, trans } = parts;
  const all = (await client.api.nodes(vc)).items;
  if (unit !== undefined && node !== undefined) {
    const yes = await confirmRemoval({ title: trans.__('Delete node %1', node), sentence: trans.__('The node goes, with everything on it. Unit %1 of %2 then wants one node fewer.', unit, vc), goes: [node], button: trans.__('Delete') }, trans);
    if (yes) client.model.accepted(await client.api.removeNode(vc, unit, node));
  } else if (unit !== undefined) {
    const names = all.filter(known => known.unit === unit).map(known => known.name);
    const yes = await confirmRemoval({ title: trans.__('Delete unit %1', unit), sentence: nodesGo(names.length, parts), goes: names, button: trans.__('Delete') }, trans);
    if (yes) client.model.accepted(await client.api.deleteUnit(vc, unit, names.length));
  } else {
    const names = all.map(known => known.name);
    const yes = await confirmRemoval({ title: trans.__('Delete virtual cloud %1', vc), sentence: nodesGo(names.length, parts), goes: names, button: trans.__('Delete'), name: vc }, trans);
    if (yes) client.model.accepted(await client.api.deleteVc(vc));
  }
}

function nodesGo(count: number, { trans }: ICommandParts): string {
  return count === 0 ? trans.__('It has no nodes.') : trans._n('One node goes, with everything on it, and its containers:', '%1 nodes go, with everything on them, and their containers:', count, count);
}
