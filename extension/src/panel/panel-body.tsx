import * as React from 'react';
import type { OperationView } from '@jupyterlab-vcp/sdk/wire';
import { CommandIDs } from '../command-ids.js';
import { VERSION } from '../version.js';
import { errorTitle, operationFace, operationTitle } from '../words.js';
import { run, type IPanelContext } from './context.js';
import { ControllerAbsent, EmptyState, FailedNotice, ProviderAbsent, ServerPartNotice } from './notices.js';
import { OperationsView } from './operations-view.js';
import { TreeView } from './tree-view.js';

/** Everything inside the panel. Drawn again whenever the model or the person's arrangement changes. */
export function PanelBody({ context }: { readonly context: IPanelContext }): React.ReactElement {
  useChanges(context);
  const { client: { model } } = context;
  return (
    <div className="jp-Vcp-body">
      <Toolbar context={context} />
      <div className="jp-Vcp-scroll">
        <Content context={context} />
        {model.loaded ? <OperationsView context={context} /> : null}
      </div>
      <Announcer context={context} />
    </div>
  );
}

function useChanges({ client, state }: IPanelContext): void {
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    client.model.changed.connect(redraw);
    state.changed.connect(redraw);
    // What came between the first drawing and this moment.
    redraw();
    return () => {
      client.model.changed.disconnect(redraw);
      state.changed.disconnect(redraw);
    };
  }, [client, state]);
}

function Toolbar({ context }: { readonly context: IPanelContext }): React.ReactElement {
  const { trans, state, client: { model } } = context;
  const button = (icon: keyof typeof TOOLS, label: string, command: string): React.ReactElement => (
    <button type="button" className="jp-Vcp-iconButton" title={label} aria-label={label} onClick={() => run(context, command)}>
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" className="jp-Vcp-glyph"><path d={TOOLS[icon]} /></svg>
    </button>
  );
  return (
    <>
      <div className="jp-Vcp-toolbar" role="toolbar" aria-label={trans.__('Virtual Clouds')}>
        <h2 className="jp-Vcp-title">{trans.__('Virtual Clouds')}</h2>
        {button('refresh', trans.__('Refresh'), CommandIDs.refresh)}
        {button('add', trans.__('New from a template…'), CommandIDs.newFromTemplate)}
        {button('settings', trans.__('Controller: state and settings'), CommandIDs.showStatus)}
      </div>
      {model.vcs.length === 0 ? null : (
        <input
          type="search" className="jp-Vcp-filter jp-mod-styled" placeholder={trans.__('Filter…')} aria-label={trans.__('Filter by name, state or address')}
          value={state.filter} onChange={event => state.setFilter(event.target.value)}
        />
      )}
    </>
  );
}

const TOOLS = {
  refresh: 'M13 4v3.2H9.8M12.7 7A5 5 0 1 0 13 9.3',
  add: 'M8 3v10M3 8h10',
  settings: 'M8 5.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4zM8 2v1.8M8 12.2V14M2 8h1.8M12.2 8H14M3.8 3.8l1.2 1.2M11 11l1.2 1.2M3.8 12.2 5 11M11 5l1.2-1.2'
} as const;

function Content({ context }: { readonly context: IPanelContext }): React.ReactElement {
  const { client: { model, serverVersion }, trans } = context;
  const { connection } = model;
  switch (connection.state) {
    case 'no-server-extension': return <ServerPartNotice context={context} serverVersion={undefined} />;
    case 'server-unreachable': return <FailedNotice context={context} title={errorTitle('server_unreachable', trans)} detail={trans.__('It is tried again by itself.')} />;
    case 'failed': return <FailedNotice context={context} title={errorTitle('internal', trans)} detail={connection.message} />;
    case 'absent': return <ControllerAbsent context={context} status={connection.status} />;
    case 'connecting': return <p className="jp-Vcp-quiet jp-Vcp-connecting">{trans.__('Asking the controller…')}</p>;
    case 'connected': return (
      <>
        {serverVersion === undefined || serverVersion === VERSION ? null : <ServerPartNotice context={context} serverVersion={serverVersion} />}
        <ProviderAbsent context={context} providers={model.providers} />
        {model.vcs.length === 0 ? <EmptyState context={context} /> : <TreeView context={context} />}
      </>
    );
  }
}

/** Reads the ends of operations out, politely, one at a time. */
function Announcer({ context }: { readonly context: IPanelContext }): React.ReactElement {
  const { client: { model }, state, trans } = context;
  const [words, setWords] = React.useState('');
  React.useEffect(() => {
    const ended = (_: unknown, operation: OperationView): void => {
      if (state.announce === 'nothing' || (state.announce === 'failures' && operation.state === 'succeeded')) return;
      setWords(trans.__('%1: %2', operationTitle(operation, trans), operationFace(operation.state, trans).word));
    };
    model.operationEnded.connect(ended);
    return () => { model.operationEnded.disconnect(ended); };
  }, [model, state, trans]);
  return <div className="jp-Vcp-announcer" role="log" aria-live="polite">{words}</div>;
}
