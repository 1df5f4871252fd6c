import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { clientPlugin } from './plugins/client.js';
import { commandsPlugin } from './plugins/commands.js';
import { launcherPlugin } from './plugins/launcher.js';
import { panelPlugin } from './plugins/panel.js';
import { settingWordsPlugin } from './plugins/setting-words.js';
import { statusPlugin } from './plugins/status.js';

export * from './tokens.js';

const plugins: JupyterFrontEndPlugin<unknown>[] = [clientPlugin, panelPlugin, commandsPlugin, launcherPlugin, statusPlugin, settingWordsPlugin];
export default plugins;
