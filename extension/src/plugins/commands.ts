import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CommandIDs } from '../command-ids.js';
import { addChangeCommands } from '../commands/change-commands.js';
import type { ICommandParts } from '../commands/command-parts.js';
import { addControllerCommands } from '../commands/controller-commands.js';
import { addNotebookCommands } from '../commands/notebook-commands.js';
import { localeOf } from '../format.js';
import { IVcpClient } from '../tokens.js';

/** Needs an argument that the palette cannot give. */
const NOT_IN_PALETTE: readonly string[] = [CommandIDs.dismissOperation];

/** Every action of the panel as a command: for the palette, keys, menus and other extensions. */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vcp:commands',
  description: 'Adds the commands for virtual clouds.',
  autoStart: true,
  requires: [IVcpClient],
  optional: [ITranslator, ICommandPalette, INotebookTracker, IDefaultFileBrowser],
  activate: (app: JupyterFrontEnd, client: IVcpClient, translator: ITranslator | null, palette: ICommandPalette | null, tracker: INotebookTracker | null, browser: IDefaultFileBrowser | null) => {
    const languages = translator ?? nullTranslator;
    const trans = languages.load('jupyterlab_vcp');
    const parts: ICommandParts = { app, client, trans, locale: localeOf(languages.languageCode), tracker, browser };
    for (const adder of [addNotebookCommands, addChangeCommands, addControllerCommands]) adder((id, options) => { app.commands.addCommand(id, options); }, parts);
    const category = trans.__('Virtual Clouds');
    for (const command of Object.values(CommandIDs)) if (!NOT_IN_PALETTE.includes(command)) palette?.addItem({ command, category });
    // Enabled or not depends on what has the focus and on the controller.
    const changed = (): void => app.commands.notifyCommandChanged();
    client.selectionChanged.connect(changed);
    let state = client.model.connection.state;
    client.model.changed.connect(() => {
      if (client.model.connection.state === state) return;
      state = client.model.connection.state;
      changed();
    });
  }
};
