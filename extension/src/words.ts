import type { TranslationBundle } from '@jupyterlab/translation';
import type { GroupState, NodeState, OperationState, OperationView, ProviderView } from '@jupyterlab-vcp/sdk/wire';
import type { IControllerStatus } from './api.js';
import type { RequestErrorCode } from './request.js';

/** The shape that stands for a state; several states may share one, the word tells them apart. */
export type StateShape = 'running' | 'working' | 'stopped' | 'degraded' | 'error' | 'empty' | 'deleting' | 'unknown' | 'waiting' | 'done';

export interface IStateFace { readonly shape: StateShape; readonly word: string }

/** Icon and word of a node's, unit's or virtual cloud's state. */
export function stateFace(state: NodeState | GroupState, trans: TranslationBundle): IStateFace {
  switch (state) {
    case 'requested': return { shape: 'waiting', word: trans.__('requested') };
    case 'booting': return { shape: 'working', word: trans.__('booting') };
    case 'running': return { shape: 'running', word: trans.__('running') };
    case 'stopping': return { shape: 'working', word: trans.__('stopping') };
    case 'stopped': return { shape: 'stopped', word: trans.__('stopped') };
    case 'starting': return { shape: 'working', word: trans.__('starting') };
    case 'leaving': return { shape: 'deleting', word: trans.__('leaving') };
    case 'deleting': return { shape: 'deleting', word: trans.__('deleting') };
    case 'deleted': return { shape: 'empty', word: trans.__('deleted') };
    case 'error': return { shape: 'error', word: trans.__('error') };
    case 'unreachable': return { shape: 'degraded', word: trans.__('unreachable') };
    case 'needs-attention': return { shape: 'unknown', word: trans.__('needs attention') };
    case 'applying': return { shape: 'working', word: trans.__('applying') };
    case 'degraded': return { shape: 'degraded', word: trans.__('degraded') };
    case 'empty': return { shape: 'empty', word: trans.__('empty') };
  }
}

export function operationFace(state: OperationState, trans: TranslationBundle): IStateFace {
  switch (state) {
    case 'queued': return { shape: 'waiting', word: trans.__('waiting') };
    case 'running': return { shape: 'working', word: trans.__('running') };
    case 'succeeded': return { shape: 'done', word: trans.__('done') };
    case 'failed': return { shape: 'error', word: trans.__('failed') };
    case 'cancelled': return { shape: 'stopped', word: trans.__('cancelled') };
    case 'needs-attention': return { shape: 'unknown', word: trans.__('needs attention') };
  }
}

/** What an operation does, in a few words with the name of its virtual cloud. */
export function operationTitle(operation: OperationView, trans: TranslationBundle): string {
  switch (operation.kind) {
    case 'apply': return trans.__('Apply %1', operation.vc);
    case 'scale': return trans.__('Scale %1', operation.vc);
    case 'add-nodes': return trans.__('Add nodes to %1', operation.vc);
    case 'remove-nodes': return trans.__('Remove nodes from %1', operation.vc);
    case 'delete': return trans.__('Delete %1', operation.vc);
    case 'set-app': return trans.__('Change applications of %1', operation.vc);
  }
}

/** What failed, for the head of a message; the controller's own sentence follows it. */
export function errorTitle(code: RequestErrorCode, trans: TranslationBundle): string {
  switch (code) {
    case 'no_server_extension': return trans.__('The server part of Virtual Clouds is not installed');
    case 'server_unreachable': return trans.__('Jupyter does not answer');
    case 'controller_unavailable': return trans.__('The controller does not answer');
    case 'conflict': return trans.__('Something else is at work there');
    case 'stale_revision': return trans.__('It was changed meanwhile');
    case 'removal_not_allowed': return trans.__('This would remove nodes');
    case 'quota_exceeded': return trans.__('There is not enough room');
    case 'not_found': return trans.__('It is not there any more');
    case 'forbidden':
    case 'unauthenticated': return trans.__('You may not do this');
    case 'provider_unavailable': return trans.__('The provider does not answer');
    case 'invalid_request': return trans.__('The controller refused this');
    default: return trans.__('It did not work');
  }
}

/** A provider's name; that of the site's own ones stands in their catalog entry. */
export function providerTitle(provider: ProviderView, trans: TranslationBundle): string {
  return provider.api === 'local' ? trans.__('This computer (containers)') : provider.title;
}

/** Why no controller is there, in one sentence. */
export function whyAbsent(status: IControllerStatus | undefined, trans: TranslationBundle): string {
  switch (status?.why?.code) {
    case 'no-file': return trans.__('None is running for this data folder.');
    case 'crashed': return trans.__('It has ended unexpectedly.');
    case 'no-answer': return trans.__('It is there, but it does not answer.');
    case 'no-node': return trans.__('Node.js 24 or newer, in which it runs, was not found.');
    case 'no-script': return trans.__('Its program is missing; the installation is incomplete.');
    case 'exited': return trans.__('It was started, but ended at once. Its last words are below.');
    case 'timed-out': return trans.__('It was started, but has not answered within a minute.');
    case undefined: return trans.__('Jupyter could not be asked about it.');
  }
}
