import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { CellContext, CellContexts } from './cell-context.js';
import type { CellInput } from './cell-input.js';
import type { CellOutput, DisplayOptions } from './cell-output.js';
import { SHOWN_MARK, type MimeBundle } from './mime-bundle.js';
import { vegaLiteBundle } from './vega-lite.js';

export interface NotebookGlobalsOptions {
  readonly contexts: CellContexts;
  readonly output: CellOutput;
  readonly input: CellInput;
  readonly cwd: string;
}

interface DisplayHandle {
  readonly id: string;
  update(bundle: MimeBundle): void;
}

/** The functions that cells find without importing them; their types are in `kernel-globals.d.ts`. */
export function notebookGlobals({ contexts, output, input, cwd }: NotebookGlobalsOptions): Readonly<Record<string, unknown>> {
  const cell = (): CellContext => {
    const current = contexts.current();
    if (!current) throw new Error('No cell has run yet.');
    return current;
  };
  const number = (): number => contexts.current()?.request.cell ?? 0;
  const display = (bundle: MimeBundle, options: DisplayOptions = {}): DisplayHandle => {
    if (typeof bundle !== 'object' || bundle === null) throw new TypeError('display() wants an object of representations by MIME type, such as { "text/html": "…" }.');
    const shownIn = number();
    const id = output.display(shownIn, bundle, options);
    return handle(id, (next) => output.updateDisplay(shownIn, id, next, options.metadata));
  };
  return {
    display,
    displayVegaLite: (spec: Readonly<Record<string, unknown>>, options?: DisplayOptions) => {
      const shown = display(vegaLiteBundle(spec), options);
      return handle(shown.id, (next) => shown.update(vegaLiteBundle(next)));
    },
    clearOutput: ({ wait = false }: { readonly wait?: boolean } = {}) => output.publish(number(), 'clear_output', { wait }),
    page: (text: string) => void cell().payload.push({ source: 'page', data: { 'text/plain': String(text) }, start: 0 }),
    input: (prompt = '', { password = false }: { readonly password?: boolean } = {}) => input.ask(cell(), prompt, password),
    cellSignal: () => cell().signal,
    require: createRequire(join(cwd, 'notebook.js')),
    __dirname: cwd
  };
}

/** A handle at the end of a cell is not a result: what it stands for is on the screen. */
function handle(id: string, update: (bundle: MimeBundle) => void): DisplayHandle {
  return Object.defineProperty({ id, update }, SHOWN_MARK, { value: true, enumerable: false });
}
