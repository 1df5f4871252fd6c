import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyJSONObject, ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { showFailure } from '../dialogs/show-failure.js';
import type { ISelection, IVcpClient } from '../tokens.js';

/** What the commands are made from. */
export interface ICommandParts {
  readonly app: JupyterFrontEnd;
  readonly client: IVcpClient;
  readonly trans: TranslationBundle;
  readonly locale: string;
  readonly tracker: INotebookTracker | null;
  readonly browser: IDefaultFileBrowser | null;
}

const DESCRIPTIONS = {
  vc: { type: 'string', description: 'Name of the virtual cloud' },
  unit: { type: 'string', description: 'Name of the unit' },
  node: { type: 'string', description: 'Name of the node' },
  operation: { type: 'string', description: 'Id of the operation' },
  count: { type: 'integer', minimum: 0, description: 'Number of nodes that the unit shall have; asked for when absent' },
  template: { type: 'string', description: 'Id of the template; asked for when absent' },
  cwd: { type: 'string', description: 'Folder, from the root of the file browser' }
} as const;

/** The JSON schema of a command's arguments. Without them, most commands act on the row that has the focus. */
export function describe(...names: readonly (keyof typeof DESCRIPTIONS)[]): { args: ReadonlyJSONObject } {
  return { args: { type: 'object', properties: Object.fromEntries(names.map(name => [name, DESCRIPTIONS[name]])) } };
}

/** The thing that a command is about: its arguments, otherwise the row that has the focus. */
export function subject(args: ReadonlyPartialJSONObject, client: IVcpClient): ISelection {
  const named = args as ISelection;
  return named.vc === undefined && named.operation === undefined ? client.selection : named;
}

/** Runs the work of a command and says in a dialog when it failed. */
export async function guarded(trans: TranslationBundle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await showFailure(error, trans);
  }
}

export type Add = (id: string, options: CommandRegistry.ICommandOptions) => void;
