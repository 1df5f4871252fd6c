import { VcNode, VcUnit } from '@jupyterlab-vcp/sdk';
import type { NodeView, OperationView, Plan, UnitView, VcView } from '@jupyterlab-vcp/sdk/wire';
import { isFinished } from '@jupyterlab-vcp/sdk/wire';
import type { MimeBundle } from '../exec/mime-bundle.js';
import { planBundle } from './plan-view.js';
import { lineBundle, tablesBundle, type Table } from './table-bundle.js';
import { about, operationLine, plural, price, size, state } from './wording.js';

/** How a result of the SDK is shown at the end of a cell; `undefined` for any other value. */
export function presentSdkValue(value: unknown): MimeBundle | undefined {
  if (Array.isArray(value)) return presentList(value);
  if (value instanceof VcNode) return nodesBundle([value]);
  if (value instanceof VcUnit) return unitBundle(value);
  if (hasKeys(value, ['vcId', 'kind', 'timing', 'resources'])) return operationBundle(value as unknown as OperationView);
  if (hasKeys(value, ['digest', 'changes', 'removals', 'baseRevision'])) return planBundle(value as unknown as Plan);
  if (hasKeys(value, ['cidr', 'units', 'revision', 'openOperations'])) return vcBundle(value as unknown as VcView, []);
  return undefined;
}

/** A virtual cloud with its units, and its nodes where they are known. */
export function vcBundle(view: VcView, nodes: readonly NodeView[]): MimeBundle {
  return tablesBundle({
    title: `${view.name}  ${state(view.state)}  ${view.running}/${view.nodes} nodes  ${view.cidr}  ${price(view.price)}`,
    tables: [unitTable(view.units), nodeTable(nodes)],
    notes: [...(view.reason === undefined ? [] : [`▲ ${view.reason}`]), ...view.openOperations.map((id) => `◐ operation ${id} is under way`)]
  });
}

function presentList(values: readonly unknown[]): MimeBundle | undefined {
  if (values.length === 0) return undefined;
  if (values.every((value) => value instanceof VcNode)) return nodesBundle(values as readonly VcNode[]);
  if (values.every((value) => value instanceof VcUnit)) {
    const units = values as readonly VcUnit[];
    return tablesBundle({ title: `${units[0]?.vc ?? ''}: ${plural(units.length, 'unit')}`, tables: [unitTable(units.map((unit) => unit.view))] });
  }
  return undefined;
}

function nodesBundle(nodes: readonly VcNode[]): MimeBundle {
  return tablesBundle({ title: `${nodes[0]?.vc ?? ''}: ${plural(nodes.length, 'node')}`, tables: [nodeTable(nodes.map((node) => node.view))] });
}

function unitBundle(unit: VcUnit): MimeBundle {
  return tablesBundle({ title: `${unit.vc}: unit ${unit.name}`, tables: [unitTable([unit.view]), nodeTable(unit.nodes.map((node) => node.view))] });
}

function operationBundle(operation: OperationView): MimeBundle {
  const line = isFinished(operation.state) ? operationLine(operation) : `${state(operation.state)}  ${about(operation.vc, operation.title)}: ${operation.progress.done} of ${operation.progress.total}`;
  return lineBundle(line);
}

function unitTable(units: readonly UnitView[]): Table {
  return {
    columns: ['Unit', 'State', 'Nodes', 'Where', 'Size of a node', 'Applications'],
    rows: units.map((unit) => [unit.name, state(unit.state), `${unit.running}/${unit.wanted}`, `${unit.provider}/${unit.region}`, size(unit.size), unit.apps.join(', ')])
  };
}

function nodeTable(nodes: readonly NodeView[]): Table {
  return {
    columns: ['Node', 'State', 'Address', 'Applications', 'Reason'],
    rows: nodes.map((node) => [node.name, state(node.state), node.address ?? '', node.apps.map((app) => `${app.container} ${app.state}`).join(', '), node.reason ?? ''])
  };
}

function hasKeys(value: unknown, keys: readonly string[]): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}
