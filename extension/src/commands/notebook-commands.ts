import { Clipboard, InputDialog, Notification } from '@jupyterlab/apputils';
import { NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import type { ITemplate } from '../api.js';
import { CommandIDs, KERNEL_NAME } from '../command-ids.js';
import { vcpIcon, vcpNotebookIcon } from '../icons.js';
import type { ISelection } from '../tokens.js';
import { describe, guarded, subject, type Add, type ICommandParts } from './command-parts.js';

/** Commands that make notebooks and cells. */
export function addNotebookCommands(add: Add, parts: ICommandParts): void {
  const { app, client, trans } = parts;
  add(CommandIDs.newNotebook, {
    label: args => (args['isLauncher'] === true ? trans.__('Notebook') : trans.__('New Virtual Cloud Notebook')),
    caption: trans.__('Make a notebook for virtual clouds (TypeScript)'),
    icon: vcpNotebookIcon,
    describedBy: describe('cwd'),
    execute: args => guarded(trans, async () => {
      await app.commands.execute('notebook:create-new', { cwd: folderOf(args, parts), kernelName: KERNEL_NAME, activate: true });
    })
  });
  add(CommandIDs.newFromTemplate, {
    label: args => (typeof args['title'] === 'string' ? args['title'] : trans.__('New from Template…')),
    caption: args => (typeof args['summary'] === 'string' ? args['summary'] : trans.__('Copy a notebook that is ready to run into the current folder and open it')),
    icon: vcpIcon,
    describedBy: describe('template', 'cwd'),
    execute: args => guarded(trans, async () => {
      const template = (args['template'] as string | undefined) ?? (await chooseTemplate(parts));
      if (template === undefined) return;
      const path = await client.api.copyTemplate(template, folderOf(args, parts));
      await app.commands.execute('docmanager:open', { path, factory: 'Notebook' });
    })
  });
  add(CommandIDs.insertCell, {
    label: trans.__('Insert Cell'),
    caption: trans.__('Insert a cell for the chosen virtual cloud, unit or node into the notebook'),
    describedBy: describe('vc', 'unit', 'node'),
    isEnabled: args => subject(args, client).vc !== undefined,
    execute: args => guarded(trans, () => insertCell(subject(args, client), parts))
  });
  add(CommandIDs.copyAddress, {
    label: trans.__('Copy Address'),
    caption: trans.__('Copy the address of the chosen node'),
    describedBy: describe('vc', 'node'),
    isEnabled: args => subject(args, client).node !== undefined,
    execute: args => guarded(trans, async () => {
      const { vc, node } = subject(args, client);
      if (vc === undefined || node === undefined) return;
      const address = (await client.api.nodes(vc)).items.find(known => known.name === node)?.address;
      if (address === undefined || address === null) Notification.warning(trans.__('%1 has no address yet.', node), { autoClose: 4000 });
      else Clipboard.copyToSystem(address);
    })
  });
}

/** A template's title or summary in the language of the page. */
export function textOf(texts: Readonly<Record<string, string>> | undefined, locale: string): string | undefined {
  return texts?.[locale.split('-')[0] ?? 'en'] ?? texts?.['en'];
}

function folderOf(args: { readonly [key: string]: unknown }, { browser }: ICommandParts): string {
  return typeof args['cwd'] === 'string' ? args['cwd'] : (browser?.model.path ?? '');
}

async function chooseTemplate({ client, trans, locale }: ICommandParts): Promise<string | undefined> {
  const templates = await client.api.templates();
  if (templates.length === 0) {
    Notification.warning(trans.__('No templates are installed.'), { autoClose: 4000 });
    return undefined;
  }
  const titles = templates.map((template: ITemplate) => textOf(template.title, locale) ?? template.id);
  const chosen = await InputDialog.getItem({ title: trans.__('New from template'), label: trans.__('Template'), items: titles, okLabel: trans.__('Make a copy'), cancelLabel: trans.__('Cancel') });
  return chosen.button.accept && chosen.value !== null ? templates[titles.indexOf(chosen.value)]?.id : undefined;
}

async function insertCell(target: ISelection, parts: ICommandParts): Promise<void> {
  if (target.vc === undefined) return;
  const panel = parts.tracker?.currentWidget ?? null;
  if (panel === null) {
    Notification.info(parts.trans.__('Open a notebook first; the cell goes below its active cell.'), { autoClose: 5000 });
    return;
  }
  await writeCell(panel, cellFor(target));
  parts.app.shell.activateById(panel.id);
}

/** `%%on` names what it is about as the panel does, with the virtual cloud in front. */
function cellFor({ vc, unit, node }: ISelection): string {
  const target = node ?? unit;
  return target === undefined ? `%vc use ${vc}\n%vc ps` : `%%on ${vc}/${target}\nhostname && uptime`;
}

async function writeCell(panel: NotebookPanel, source: string): Promise<void> {
  await panel.context.ready;
  const notebook = panel.content;
  const active = notebook.activeCell;
  const free = active !== null && active.model.type === 'code' && active.model.sharedModel.getSource().trim() === '';
  if (!free) NotebookActions.insertBelow(notebook);
  const cell = notebook.activeCell;
  if (cell === null) return;
  await cell.ready;
  cell.model.sharedModel.setSource(source);
}
