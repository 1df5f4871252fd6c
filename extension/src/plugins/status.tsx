import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';
import { CommandIDs } from '../command-ids.js';
import { vcpIcon } from '../icons.js';
import { IVcpClient } from '../tokens.js';
import { operationTitle } from '../words.js';

/** One line about the virtual clouds at the foot of the window. */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vcp:status',
  description: 'Shows running nodes and operations in the status bar.',
  autoStart: true,
  requires: [IVcpClient],
  optional: [IStatusBar, ITranslator],
  activate: (app: JupyterFrontEnd, client: IVcpClient, statusBar: IStatusBar | null, translator: ITranslator | null) => {
    if (statusBar === null) return;
    const trans = (translator ?? nullTranslator).load('jupyterlab_vcp');
    const item = ReactWidget.create(
      <UseSignal signal={client.model.changed}>{() => <StatusItem client={client} trans={trans} open={() => void app.commands.execute(CommandIDs.openPanel)} />}</UseSignal>
    );
    statusBar.registerStatusItem('jupyterlab-vcp:status', { item, align: 'left', rank: 30 });
  }
};

function StatusItem({ client, trans, open }: { readonly client: IVcpClient; readonly trans: TranslationBundle; readonly open: () => void }): React.ReactElement {
  const { model } = client;
  const operation = model.openOperations[0];
  const count = model.runningNodes;
  const words = model.connection.state !== 'connected'
    ? (model.connection.state === 'connecting' ? trans.__('Virtual clouds…') : trans.__('No controller'))
    : operation === undefined
      ? trans._n('%1 node', '%1 nodes', count, count)
      : `${operationTitle(operation, trans)}${operation.progress.total > 0 ? ` ${trans.__('%1 of %2', operation.progress.done, operation.progress.total)}` : ''}`;
  return (
    <button type="button" className="jp-Vcp-statusItem jp-StatusBar-GroupItem" title={trans.__('Show Virtual Clouds')} onClick={open}>
      <vcpIcon.react tag="span" className="jp-Vcp-statusIcon" width="16px" height="16px" />
      {words}
    </button>
  );
}
