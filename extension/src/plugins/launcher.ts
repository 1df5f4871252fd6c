import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CommandIDs } from '../command-ids.js';
import { textOf } from '../commands/notebook-commands.js';
import { localeOf } from '../format.js';
import { IVcpClient } from '../tokens.js';

/** The section "Virtual Cloud" of the launcher: a notebook, and each template. */
export const launcherPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vcp:launcher',
  description: 'Adds notebooks and templates for virtual clouds to the launcher.',
  autoStart: true,
  requires: [IVcpClient, ILauncher],
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, client: IVcpClient, launcher: ILauncher, translator: ITranslator | null) => {
    const languages = translator ?? nullTranslator;
    const trans = languages.load('jupyterlab_vcp');
    const locale = localeOf(languages.languageCode);
    const category = trans.__('Virtual Cloud');
    launcher.add({ command: CommandIDs.newNotebook, category, rank: 0, args: { isLauncher: true } });
    void app.serviceManager.ready
      .then(() => client.api.templates())
      .then(templates => templates.forEach((template, index) => launcher.add({
        command: CommandIDs.newFromTemplate, category, rank: index + 1,
        args: { template: template.id, title: textOf(template.title, locale) ?? template.id, summary: textOf(template.summary, locale) ?? '' }
      })))
      // The panel says it when the server part is missing; a launcher without templates is no fault of its own.
      .catch((error: unknown) => console.warn('The templates of Virtual Clouds could not be listed', error));
  }
};
