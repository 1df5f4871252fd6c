/** Representations of one value, keyed by MIME type: `{ "text/html": "<b>hi</b>", "text/plain": "hi" }`. */
interface MimeBundle {
  readonly [mimeType: string]: unknown;
}

/** An output that can be replaced in place. */
interface DisplayHandle {
  readonly id: string;
  /** Replaces what is shown. */
  update(bundle: MimeBundle): void;
}

/** An object with this method decides itself how it is shown as the result of a cell. */
interface Displayable {
  [jupyterDisplay: symbol]: () => MimeBundle | Promise<MimeBundle>;
}

/** Shows a value below the cell. `text/plain` is added when it is missing. */
declare function display(bundle: MimeBundle, options?: { readonly id?: string; readonly metadata?: Record<string, unknown> }): DisplayHandle;

/** Shows a Vega-Lite chart, with its data as a text table for readers that draw no charts. */
declare function displayVegaLite(spec: Record<string, unknown>, options?: { readonly id?: string }): DisplayHandle;

/** Removes the outputs of this cell; with `wait`, when the next output comes. */
declare function clearOutput(options?: { readonly wait?: boolean }): void;

/** Shows a long text in the pager of the front end. */
declare function page(text: string): void;

/** Asks the person at the notebook for a line of text. With `password` the answer is not shown while it is typed. */
declare function input(prompt?: string, options?: { readonly password?: boolean }): Promise<string>;

declare function __vcpMagic(index: number): any;
