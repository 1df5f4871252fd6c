import * as React from 'react';
import type { OperationView } from '@jupyterlab-vcp/sdk/wire';
import { CommandIDs } from '../command-ids.js';
import { elapsed, moment } from '../format.js';
import { isOpen, shownOperations, wantsAttention } from '../operation-list.js';
import { operationFace, operationTitle } from '../words.js';
import { run, type IPanelContext } from './context.js';
import { ElapsedTime } from './elapsed-time.js';
import { ActionGlyph } from './row-view.js';
import { StateChip } from './state-icon.js';

/** What is being done and what was done last; failures stay until they are put away. */
export function OperationsView({ context }: { readonly context: IPanelContext }): React.ReactElement | null {
  const { client: { model }, state, trans } = context;
  const shown = shownOperations(model.operations, state.finished);
  if (shown.length === 0) return null;
  return (
    <section className="jp-Vcp-section" aria-label={trans.__('Operations')}>
      <h3 className="jp-Vcp-heading">{trans.__('Operations')}</h3>
      <ul className="jp-Vcp-operations">{shown.map(operation => <OperationItem key={operation.id} operation={operation} context={context} />)}</ul>
    </section>
  );
}

function OperationItem({ operation, context }: { readonly operation: OperationView; readonly context: IPanelContext }): React.ReactElement {
  const { trans, locale } = context;
  const [opened, setOpened] = React.useState(false);
  const button = (command: string, label: string): React.ReactElement => (
    <button type="button" className="jp-Vcp-iconButton" title={label} aria-label={label} onClick={() => run(context, command, { operation: operation.id })}><ActionGlyph icon="cancel" /></button>
  );
  return (
    <li className="jp-Vcp-operation" data-state={operation.state} data-operation={operation.id}>
      <div className="jp-Vcp-operationLine">
        <button type="button" className="jp-Vcp-operationTitle" aria-expanded={opened} title={operation.title} onClick={() => setOpened(!opened)}>
          {operationTitle(operation, trans)}
        </button>
        <span className="jp-Vcp-facts" title={moment(operation.createdAt, locale)}>
          {isOpen(operation) ? <ElapsedTime since={operation.startedAt ?? operation.createdAt} /> : elapsed(operation.timing.totalMs)}
        </span>
        <StateChip face={operationFace(operation.state, trans)} />
        {isOpen(operation) ? button(CommandIDs.cancelOperation, trans.__('Cancel')) : button(CommandIDs.dismissOperation, trans.__('Put away'))}
      </div>
      {wantsAttention(operation) && operation.error !== undefined ? <p className="jp-Vcp-error">{operation.error.message}{operation.error.hint === undefined ? null : <span className="jp-Vcp-hint">{operation.error.hint}</span>}</p> : null}
      {opened ? <Details operation={operation} context={context} /> : null}
    </li>
  );
}

function Details({ operation, context }: { readonly operation: OperationView; readonly context: IPanelContext }): React.ReactElement {
  const { trans } = context;
  const from = [operation.actor, operation.origin.notebook, operation.origin.client].filter(word => word !== undefined && word !== '').join(' · ');
  return (
    <div className="jp-Vcp-details">
      <p>{operation.result?.summary ?? operation.phase}</p>
      <ul>
        {operation.resources.map(resource => (
          <li key={`${resource.kind} ${resource.name}`}>{resource.name}: {resource.phase}{resource.error === undefined ? '' : ` – ${resource.error.message}`}</li>
        ))}
      </ul>
      <p className="jp-Vcp-quiet">{trans.__('Started by %1 (as it says itself)', from)}</p>
      <p className="jp-Vcp-quiet">{trans.__('Cloud %1, ours %2', elapsed(operation.timing.cloudMs), elapsed(operation.timing.oursMs))}</p>
      <p className="jp-Vcp-quiet"><code>{operation.id}</code></p>
    </div>
  );
}
