import * as React from 'react';
import { CommandIDs } from '../command-ids.js';
import { isOpen } from '../operation-list.js';
import { run, type IPanelContext } from './context.js';
import { RowView, argumentsOf } from './row-view.js';
import { treeRows, unfoldedVcs, walk, type Row } from './tree-rows.js';

/**
 * Virtual clouds, their units and nodes. One row takes part in the page's tab order; arrow keys move it.
 * Follows the tree pattern of the ARIA authoring practices.
 */
export function TreeView({ context }: { readonly context: IPanelContext }): React.ReactElement {
  const { client: { model }, state, trans } = context;
  const list = React.useRef<HTMLUListElement>(null);
  const [active, setActive] = React.useState<string | undefined>(undefined);
  const rows = treeRows({ vcs: model.vcs, nodesOf: id => model.nodesOf(id), folded: state.folded, filter: state.filter });
  const activeIndex = Math.max(0, rows.findIndex(row => row.key === active));
  const watched = unfoldedVcs(model.vcs, state.folded, state.filter);
  const watchedKey = [...watched].sort().join(' ');
  React.useEffect(() => model.watchNodes(watched), [watchedKey]);

  const activate = (row: Row): void => {
    setActive(row.key);
    context.client.selection = argumentsOf(row);
  };
  const fold = (row: Row): void => {
    activate(row);
    if (row.kind !== 'node' && row.expanded !== undefined && state.filter === '') state.fold(row.key, row.expanded);
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const row = rows[activeIndex];
    if (row === undefined || event.nativeEvent.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    // Buttons inside a row keep their own Enter and space.
    if ((event.target as Element).closest('button') !== null && (event.key === 'Enter' || event.key === ' ')) return;
    const folds = (event.key === 'ArrowRight' && row.kind !== 'node' && row.expanded === false) || (event.key === 'ArrowLeft' && row.kind !== 'node' && row.expanded === true);
    if (folds || event.key === ' ') fold(row);
    else if (event.key === 'Enter') enter(row);
    else {
      const next = walk(rows, activeIndex, event.key);
      if (next === undefined) return;
      list.current?.querySelectorAll<HTMLElement>('.jp-Vcp-row')[next]?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const enter = (row: Row): void => { if (row.kind === 'node') run(context, CommandIDs.insertCell, argumentsOf(row)); else fold(row); };

  const open = model.operations.filter(isOpen);
  return (
    <ul role="tree" ref={list} className="jp-Vcp-tree" aria-label={trans.__('Virtual clouds')} onKeyDown={onKeyDown}>
      {rows.map((row, index) => (
        <RowView
          key={row.key} context={context} row={row} active={index === activeIndex} onActivate={activate} onFold={fold}
          operation={row.kind === 'vc' ? open.find(operation => operation.vcId === row.vc.id) : undefined}
        />
      ))}
      {rows.length === 0 && state.filter !== '' ? <li role="none" className="jp-Vcp-quiet">{trans.__('Nothing matches “%1”.', state.filter)}</li> : null}
    </ul>
  );
}
