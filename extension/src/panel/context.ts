import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IVcpClient } from '../tokens.js';
import type { PanelState } from './panel-state.js';

/** What every part of the panel is given. */
export interface IPanelContext {
  readonly client: IVcpClient;
  readonly state: PanelState;
  readonly trans: TranslationBundle;
  /** For `Intl`. */
  readonly locale: string;
  readonly commands: CommandRegistry;
}

/** Runs a command; its own dialogs say what went wrong, so a rejection ends here in the console. */
export function run(context: IPanelContext, command: string, args: ReadonlyPartialJSONObject = {}): void {
  context.commands.execute(command, args).catch((error: unknown) => console.error(error));
}
