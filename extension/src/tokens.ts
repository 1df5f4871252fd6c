import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { VcpApi } from './api.js';
import type { VcpModel } from './model.js';

/** What the panel's focus stands on; commands that are called without arguments act on it. */
export interface ISelection {
  readonly vc?: string;
  readonly unit?: string;
  readonly node?: string;
  readonly operation?: string;
}

/** The page's knowledge of the virtual clouds, shared by everything in it that shows them. */
export interface IVcpClient {
  readonly api: VcpApi;
  readonly model: VcpModel;
  /** The server part's version; undefined until it has said it. */
  readonly serverVersion: string | undefined;
  /** What the person points at in the panel. */
  selection: ISelection;
  readonly selectionChanged: ISignal<IVcpClient, ISelection>;
}

export const IVcpClient = new Token<IVcpClient>('jupyterlab-vcp:IVcpClient', 'Virtual clouds as the page knows them: a live model and the calls that change them.');
