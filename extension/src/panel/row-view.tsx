import * as React from 'react';
import type { OperationView } from '@jupyterlab-vcp/sdk/wire';
import { CommandIDs } from '../command-ids.js';
import { amount } from '../format.js';
import { shareDone } from '../operation-list.js';
import { stateFace } from '../words.js';
import { run, type IPanelContext } from './context.js';
import { ElapsedTime } from './elapsed-time.js';
import { StateChip } from './state-icon.js';
import type { INodeRow, IUnitRow, IVcRow, Row } from './tree-rows.js';

export interface IRowViewProps {
  readonly context: IPanelContext;
  readonly row: Row;
  readonly active: boolean;
  /** The operation at work on this row. */
  readonly operation: OperationView | undefined;
  readonly onActivate: (row: Row) => void;
  readonly onFold: (row: Row) => void;
}

/** One row of the tree: name, what there is to know about it, state; its actions on hover and focus. */
export function RowView(props: IRowViewProps): React.ReactElement {
  const { row, active, context, onActivate, onFold } = props;
  const expanded = row.kind === 'node' ? undefined : row.expanded;
  return (
    <li
      role="treeitem" className="jp-Vcp-row" data-kind={row.kind} data-key={row.key} tabIndex={active ? 0 : -1}
      aria-level={row.level} aria-setsize={row.setSize} aria-posinset={row.position} aria-expanded={expanded} aria-selected={active}
      onFocus={() => onActivate(row)} onContextMenu={() => onActivate(row)}
    >
      <div className="jp-Vcp-rowLine" onClick={event => { if (!(event.target as Element).closest('button')) onFold(row); }}>
        <span className={`jp-Vcp-caret${expanded === undefined ? ' jp-mod-none' : expanded ? ' jp-mod-open' : ''}`} aria-hidden="true" />
        {row.kind === 'vc' ? <VcWords row={row} context={context} /> : row.kind === 'unit' ? <UnitWords row={row} context={context} /> : <NodeWords row={row} context={context} />}
        <RowActions row={row} context={context} reachable={active} />
      </div>
      {props.operation === undefined ? null : <Progress operation={props.operation} context={context} />}
    </li>
  );
}

function VcWords({ row: { vc }, context }: { readonly row: IVcRow; readonly context: IPanelContext }): React.ReactElement {
  const price = amount(vc.price, context.locale);
  return (
    <>
      <span className="jp-Vcp-name jp-mod-vc" title={vc.description}>{vc.name}</span>
      <span className="jp-Vcp-facts">{price === undefined ? null : context.trans.__('%1 per hour', price)}</span>
      <StateChip face={stateFace(vc.state, context.trans)} title={vc.reason} />
      {vc.reason === undefined ? null : <span className="jp-Vcp-reason">{vc.reason}</span>}
    </>
  );
}

function UnitWords({ row: { unit }, context }: { readonly row: IUnitRow; readonly context: IPanelContext }): React.ReactElement {
  const { trans } = context;
  const price = amount(unit.price, context.locale);
  return (
    <>
      <span className="jp-Vcp-name" title={trans.__('%1, region %2, flavor %3', unit.provider, unit.region, unit.flavor)}>{unit.name}</span>
      <span className="jp-Vcp-facts">
        {`${unit.provider}·${unit.region} `}
        <span className="jp-Vcp-count" aria-label={trans.__('%1 of %2 nodes running', unit.running, unit.wanted)}>{`${unit.running}/${unit.wanted}`}</span>
        {price === undefined ? null : ` ${trans.__('%1 per hour', price)}`}
      </span>
      <StateChip face={stateFace(unit.state, trans)} />
    </>
  );
}

function NodeWords({ row: { node }, context }: { readonly row: INodeRow; readonly context: IPanelContext }): React.ReactElement {
  const { trans } = context;
  const apps = node.apps.map(app => `${app.app}: ${app.state}`).join('\n');
  return (
    <>
      <span className="jp-Vcp-name" title={apps === '' ? undefined : apps}>{node.name}</span>
      <span className="jp-Vcp-facts jp-mod-address">{node.address ?? '–'}{node.gateway ? ` ${trans.__('gateway')}` : ''}</span>
      <StateChip face={stateFace(node.state, trans)} title={node.reason} />
      {node.reason === undefined ? null : <span className="jp-Vcp-reason">{node.reason}</span>}
    </>
  );
}

function RowActions({ row, context, reachable }: { readonly row: Row; readonly context: IPanelContext; readonly reachable: boolean }): React.ReactElement {
  const { trans } = context;
  const action = (icon: ActionIcon, label: string, command: string): React.ReactElement => (
    <button
      key={command} type="button" className="jp-Vcp-iconButton" title={label} aria-label={label} tabIndex={reachable ? 0 : -1}
      onClick={() => run(context, command, argumentsOf(row))}
    >
      <ActionGlyph icon={icon} />
    </button>
  );
  const actions: Readonly<Record<Row['kind'], () => readonly React.ReactElement[]>> = {
    vc: () => [action('cell', trans.__('Insert a cell for %1', row.vc.name), CommandIDs.insertCell), action('delete', trans.__('Delete %1…', row.vc.name), CommandIDs.remove)],
    unit: () => {
      const name = (row as IUnitRow).unit.name;
      return [action('scale', trans.__('Scale %1…', name), CommandIDs.scaleUnit), action('add', trans.__('Add a node to %1', name), CommandIDs.addNode), action('cell', trans.__('Insert a cell for %1', name), CommandIDs.insertCell), action('delete', trans.__('Delete %1…', name), CommandIDs.remove)];
    },
    node: () => {
      const name = (row as INodeRow).node.name;
      return [action('copy', trans.__('Copy the address of %1', name), CommandIDs.copyAddress), action('cell', trans.__('Insert a cell for %1', name), CommandIDs.insertCell), action('delete', trans.__('Delete %1…', name), CommandIDs.remove)];
    }
  };
  return <span className="jp-Vcp-actions">{actions[row.kind]()}</span>;
}

/** What the commands are told about a row. */
export function argumentsOf(row: Row): { readonly vc: string; readonly unit?: string; readonly node?: string } {
  if (row.kind === 'vc') return { vc: row.vc.name };
  return row.kind === 'unit' ? { vc: row.vc.name, unit: row.unit.name } : { vc: row.vc.name, unit: row.unit.name, node: row.node.name };
}

type ActionIcon = 'cell' | 'delete' | 'scale' | 'add' | 'copy' | 'cancel';
const GLYPHS: Readonly<Record<ActionIcon, string>> = {
  cell: 'M2.5 4.5h11v7h-11zM5 7l1.5 1L5 9M8 9.5h3',
  delete: 'M3.5 4.5h9M6.5 4.5v-1h3v1M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v4M9.2 7v4',
  scale: 'M3 13V9.5h2.5V13M6.8 13V6.5h2.5V13M10.5 13V3H13v10',
  add: 'M8 3.5v9M3.5 8h9',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  cancel: 'm4 4 8 8m0-8-8 8'
};

/** Small line drawings that take the text's colour. */
export function ActionGlyph({ icon }: { readonly icon: ActionIcon }): React.ReactElement {
  return <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" className="jp-Vcp-glyph"><path d={GLYPHS[icon]} /></svg>;
}

/** The thin bar of a running operation and what it is about now. */
export function Progress({ operation, context }: { readonly operation: OperationView; readonly context: IPanelContext }): React.ReactElement {
  const share = shareDone(operation);
  const { done, total } = operation.progress;
  return (
    <div className="jp-Vcp-progress">
      <div
        className={`jp-Vcp-bar${share === undefined ? ' jp-mod-unknown' : ''}`} role="progressbar" aria-label={operation.title}
        aria-valuemin={0} aria-valuemax={total > 0 ? total : undefined} aria-valuenow={share === undefined ? undefined : done}
      >
        <div className="jp-Vcp-barDone" style={share === undefined ? undefined : { width: `${share * 100}%` }} />
      </div>
      <span className="jp-Vcp-phase">
        {operation.phase}{total > 0 ? ` · ${context.trans.__('%1 of %2', done, total)}` : ''} · <ElapsedTime since={operation.startedAt ?? operation.createdAt} />
      </span>
    </div>
  );
}
