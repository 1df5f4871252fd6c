import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { IControllerStatus } from '../api.js';
import { moment } from '../format.js';
import type { IVcpClient } from '../tokens.js';
import { VERSION } from '../version.js';
import { providerTitle, whyAbsent } from '../words.js';
import { element, textBody } from './show-failure.js';

/** Where the controller is and how it does. Answers true when the person wants the settings. */
export async function showStatus(client: IVcpClient, trans: TranslationBundle, locale: string): Promise<boolean> {
  const status = await client.api.status();
  const body = new Widget();
  body.addClass('jp-Vcp-dialog');
  body.node.append(factsOf(status, client, trans, locale));
  const result = await showDialog({
    title: trans.__('Controller'),
    body,
    buttons: [Dialog.okButton({ label: trans.__('Settings…'), accept: true, actions: ['settings'], className: 'jp-mod-reject' }), Dialog.cancelButton({ label: trans.__('Close') })],
    defaultButton: 1
  });
  return result.button.actions.includes('settings');
}

function factsOf(status: IControllerStatus, client: IVcpClient, trans: TranslationBundle, locale: string): HTMLElement {
  const list = element('dl', '', 'jp-Vcp-facts-list');
  const fact = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') list.append(element('dt', name), element('dd', value));
  };
  const states = { running: trans.__('connected'), starting: trans.__('starting'), absent: trans.__('not there') };
  fact(trans.__('State'), status.state === 'absent' ? `${states.absent}. ${whyAbsent(status, trans)}` : states[status.state]);
  const { controller } = status;
  if (controller !== undefined) {
    fact(trans.__('Version'), trans.__('controller %1, server part %2, page %3', controller.version, client.serverVersion ?? '?', VERSION));
    fact(trans.__('Running since'), moment(controller.startedAt, locale));
    fact(trans.__('Process'), String(controller.pid));
    fact(trans.__('Installation'), controller.installation);
  }
  fact(trans.__('Data folder'), status.home);
  fact('Node.js', status.node.version === null ? status.node.tried.join('; ') : `${status.node.version} (${status.node.path})`);
  for (const provider of client.model.providers) {
    fact(providerTitle(provider, trans), provider.available ? trans.__('available') : `${trans.__('cannot be used now')}: ${provider.reason ?? ''}`);
    if (provider.notice !== undefined) list.append(element('dd', provider.notice, 'jp-Vcp-quiet'));
  }
  return list;
}

/** How a panel comes to another controller than the one it found. */
export async function showConnect(client: IVcpClient, trans: TranslationBundle): Promise<void> {
  const status = await client.api.status().catch(() => undefined);
  const body = textBody([
    trans.__('The panel uses the controller of one data folder and starts it when needed. Everything that JupyterLab, notebooks and the command line do with the same folder appears here.'),
    status === undefined ? undefined : trans.__('It is now: %1', status.home),
    trans.__('To use the controller of another folder, start JupyterLab with the environment variable VCP_HOME:')
  ]);
  body.node.append(element('pre', 'VCP_HOME=/path/to/folder jupyter lab'), element('p', trans.__('In a terminal, the state of a controller is shown by:')), element('pre', 'vcp controller status'));
  await showDialog({ title: trans.__('Connect to a controller'), body, buttons: [Dialog.okButton({ label: trans.__('Close') })] });
}
