import { watch } from 'node:fs';
import { join } from 'node:path';
import { build } from '../build.mjs';
import { guarded, say } from '../setup/say.mjs';
import { root } from '../setup/workspace.mjs';
import { run as start } from './start.mjs';

/** `npm start` that rebuilds what changes. Reload the page for the extension, restart the kernel or controller for the rest. */
export function run(args) {
  return guarded(async () => {
    let timer;
    const rebuild = () => {
      clearTimeout(timer);
      timer = setTimeout(() => build(root).catch(error => say(`✖ ${error.message}`)), 300);
    };
    const watchers = ['sdk/src', 'kernel/src', 'controller/src', 'extension/src', 'extension/style'].map(folder => watch(join(root, folder), { recursive: true }, rebuild));
    try {
      return await start(args);
    } finally {
      for (const watcher of watchers) watcher.close();
    }
  });
}
