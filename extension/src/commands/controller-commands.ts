import { refreshIcon } from '@jupyterlab/ui-components';
import { CommandIDs } from '../command-ids.js';
import { showConnect, showStatus } from '../dialogs/show-status.js';
import { describe, guarded, type Add, type ICommandParts } from './command-parts.js';

/** Commands about the controller and the panel's list. */
export function addControllerCommands(add: Add, { app, client, trans, locale }: ICommandParts): void {
  add(CommandIDs.refresh, {
    label: trans.__('Refresh Virtual Clouds'),
    caption: trans.__('Ask the controller for everything again'),
    icon: refreshIcon,
    describedBy: describe(),
    execute: () => client.model.refresh()
  });
  add(CommandIDs.startController, {
    label: trans.__('Start Controller'),
    caption: trans.__('Start the program that makes and watches nodes'),
    describedBy: describe(),
    isEnabled: () => client.model.connection.state === 'absent',
    execute: () => guarded(trans, () => client.model.startController())
  });
  add(CommandIDs.showStatus, {
    label: trans.__('Controller Status'),
    caption: trans.__('Show where the controller is and how it does'),
    describedBy: describe(),
    execute: () => guarded(trans, async () => {
      if (await showStatus(client, trans, locale)) await app.commands.execute('settingeditor:open', { query: trans.__('Virtual Clouds') });
    })
  });
  add(CommandIDs.showConnect, {
    label: trans.__('Connect to a Controller…'),
    caption: trans.__('Show how the panel finds its controller'),
    describedBy: describe(),
    execute: () => guarded(trans, () => showConnect(client, trans))
  });
  add(CommandIDs.dismissOperation, {
    label: trans.__('Put Operation Away'),
    caption: trans.__('Take a finished operation off the list'),
    describedBy: describe('operation'),
    isEnabled: args => typeof args['operation'] === 'string',
    execute: args => { if (typeof args['operation'] === 'string') client.model.dismiss(args['operation']); }
  });
}
