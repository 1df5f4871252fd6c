import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { RequestError } from '../request.js';
import { errorTitle } from '../words.js';

/** Says what failed and what to do; the controller's own sentence stays as it is. */
export async function showFailure(error: unknown, trans: TranslationBundle): Promise<void> {
  const known = error instanceof RequestError ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  await showDialog({
    title: errorTitle(known?.code ?? 'internal', trans),
    body: textBody([message, ...(known?.at.map(place => place.message) ?? []), known?.hint]),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}

/** Paragraphs; empty ones are left out. */
export function textBody(paragraphs: readonly (string | undefined)[]): Widget {
  const body = new Widget();
  body.addClass('jp-Vcp-dialog');
  for (const text of paragraphs) if (text !== undefined && text !== '') body.node.append(element('p', text));
  return body;
}

export function element(tag: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}
