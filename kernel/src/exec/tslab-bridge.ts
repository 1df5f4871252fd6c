import { createRequire } from 'node:module';
import type { CellContexts } from './cell-context.js';
import type { CellOutput } from './cell-output.js';
import type { ModuleNamespace } from './module-loader.js';

interface TslabDisplayData {
  readonly data: Readonly<Record<string, unknown>>;
  readonly transient: { readonly display_id?: string };
}

/**
 * `import * as tslab from "tslab"` in a cell: tslab's own display functions, writing to the cell. Loaded at that import
 * only, because it brings a compiler of its own (38 MB).
 */
export function tslabModule(contexts: CellContexts, output: CellOutput): () => Promise<ModuleNamespace> {
  let loaded: ModuleNamespace | undefined;
  return async () => {
    if (loaded) return loaded;
    const require = createRequire(import.meta.url);
    const jupyter = require('tslab/dist/jupyter.js') as { lastWriteDisplayData: (data: TslabDisplayData, isUpdate: boolean) => void };
    jupyter.lastWriteDisplayData = ({ data, transient }, isUpdate) => {
      const cell = contexts.current()?.request.cell ?? 0;
      if (isUpdate && transient.display_id !== undefined) output.updateDisplay(cell, transient.display_id, data);
      else output.display(cell, data, transient.display_id === undefined ? {} : { id: transient.display_id });
    };
    const tslab = require('tslab') as ModuleNamespace;
    loaded = { versions: tslab['versions'], display: tslab['display'], newDisplay: tslab['newDisplay'], default: tslab };
    return loaded;
  };
}
