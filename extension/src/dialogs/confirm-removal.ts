import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { element } from './show-failure.js';

export interface IRemoval {
  readonly title: string;
  readonly sentence: string;
  /** What goes, thing by thing. */
  readonly goes: readonly string[];
  readonly button: string;
  /** When given, it has to be typed before anything happens. */
  readonly name?: string;
}

/** So many are named; the rest is counted. */
const NAMED = 30;

/** Names what goes and asks. Answers true only when the person said yes, and typed the name where one is asked for. */
export async function confirmRemoval(removal: IRemoval, trans: TranslationBundle): Promise<boolean> {
  const body = new RemovalBody(removal, trans);
  const dialog = new Dialog<string>({
    title: removal.title,
    body,
    buttons: [Dialog.cancelButton({ label: trans.__('Cancel') }), Dialog.warnButton({ label: removal.button })],
    defaultButton: 0,
    focusNodeSelector: removal.name === undefined ? '.jp-mod-reject' : 'input'
  });
  body.accepts.then(accept => { if (accept && !dialog.isDisposed) dialog.resolve(1); }).catch(() => undefined);
  const result = await dialog.launch();
  return result.button.accept && (removal.name === undefined || result.value === removal.name);
}

class RemovalBody extends Widget implements Dialog.IBodyWidget<string> {
  readonly #name: string | undefined;
  readonly #input: HTMLInputElement | undefined;
  #accept!: (accept: boolean) => void;
  /** Enter in the field, with the right name in it. */
  readonly accepts = new Promise<boolean>(resolve => { this.#accept = resolve; });

  constructor(removal: IRemoval, trans: TranslationBundle) {
    super();
    this.addClass('jp-Vcp-dialog');
    this.node.append(element('p', removal.sentence));
    this.node.append(listOf(removal.goes, trans));
    this.#name = removal.name;
    if (removal.name === undefined) return;
    const label = element('label', trans.__('Type the name %1 to confirm:', removal.name));
    this.#input = document.createElement('input');
    this.#input.className = 'jp-mod-styled jp-Vcp-confirmName';
    this.#input.autocomplete = 'off';
    this.#input.spellcheck = false;
    label.append(this.#input);
    this.node.append(label);
  }

  getValue(): string {
    return this.#input?.value ?? '';
  }

  protected override onAfterAttach(): void {
    this.#input?.addEventListener('input', this);
    // Before the dialog sees it: its Enter would press the default button, whatever was typed.
    document.addEventListener('keydown', this, true);
    // The dialog makes its buttons after its body.
    requestAnimationFrame(() => this.#allow());
  }

  protected override onBeforeDetach(): void {
    this.#input?.removeEventListener('input', this);
    document.removeEventListener('keydown', this, true);
    this.#accept(false);
  }

  handleEvent(event: Event): void {
    if (event.type === 'input') this.#allow();
    else if (event instanceof KeyboardEvent && event.key === 'Enter' && event.target === this.#input) {
      event.preventDefault();
      event.stopPropagation();
      if (!event.isComposing && this.getValue() === this.#name) this.#accept(true);
    }
  }

  #allow(): void {
    const button = this.node.closest('.jp-Dialog')?.querySelector<HTMLButtonElement>('button.jp-mod-warn');
    if (button !== null && button !== undefined) button.disabled = this.#name !== undefined && this.getValue() !== this.#name;
  }
}

function listOf(goes: readonly string[], trans: TranslationBundle): HTMLElement {
  const list = element('ul', '', 'jp-Vcp-goes');
  for (const thing of goes.slice(0, NAMED)) list.append(element('li', thing));
  if (goes.length > NAMED) list.append(element('li', trans._n('and one more', 'and %1 more', goes.length - NAMED, goes.length - NAMED)));
  return list;
}
