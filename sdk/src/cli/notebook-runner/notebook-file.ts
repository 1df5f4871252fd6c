import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { VcpError } from '../../wire/index.js';

/** A Jupyter notebook (nbformat 4) as far as running it needs to know; everything else is kept as it is. */
const text = z.union([z.string(), z.array(z.string())]);
const cellSchema = z.looseObject({ cell_type: z.enum(['code', 'markdown', 'raw']), id: z.string().optional(), metadata: z.looseObject({ tags: z.array(z.string()).optional() }).default({}), source: text });
const notebookSchema = z.looseObject({ nbformat: z.literal(4), nbformat_minor: z.number().int(), metadata: z.record(z.string(), z.unknown()), cells: z.array(cellSchema) });

export type Cell = z.infer<typeof cellSchema>;
export type Notebook = z.infer<typeof notebookSchema>;

/** An output as nbformat stores it. */
export type Output = { readonly output_type: string } & Readonly<Record<string, unknown>>;

const PARAMETERS_TAG = 'parameters';
const INJECTED_TAG = 'injected-parameters';

/** @throws VcpError invalid_request when it is not a notebook of format 4. */
export async function readNotebook(path: string): Promise<Notebook> {
  try {
    return notebookSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new VcpError('invalid_request', `${path} is not a Jupyter notebook of format 4.`, { hint: 'Name a notebook (.ipynb) or the folder of a template.', cause: error });
  }
}

/** Ready to run: every cell has an id, no outputs of an earlier run, and the parameters stand after their defaults. */
export function prepareNotebook(notebook: Notebook, parameters: Readonly<Record<string, unknown>>): Notebook {
  const cells = notebook.cells.filter(cell => !hasTag(cell, INJECTED_TAG)).map((cell, index) => ({
    ...cell, id: cell.id ?? `cell-${index + 1}`, ...(cell.cell_type === 'code' ? { outputs: [], execution_count: null } : {})
  }));
  const after = cells.findIndex(cell => hasTag(cell, PARAMETERS_TAG));
  if (Object.keys(parameters).length > 0) {
    const source = Object.entries(parameters).map(([name, value]) => `const ${name} = ${JSON.stringify(value)}`).join('\n');
    // Without a place for defaults they stand before all code.
    const place = after >= 0 ? after + 1 : Math.max(0, cells.findIndex(cell => cell.cell_type === 'code'));
    cells.splice(place, 0, { cell_type: 'code', id: INJECTED_TAG, metadata: { tags: [INJECTED_TAG] }, source, outputs: [], execution_count: null });
  }
  return { ...notebook, nbformat_minor: Math.max(5, notebook.nbformat_minor), cells };
}

export function sourceOf(cell: Cell): string {
  return typeof cell.source === 'string' ? cell.source : cell.source.join('');
}

/** The heading under which a cell stands, or its id: how people find it. */
export function titleOf(notebook: Notebook, index: number): string {
  for (let at = index - 1; at >= 0; at -= 1) {
    const cell = notebook.cells[at]!;
    const heading = cell.cell_type === 'markdown' ? /^#+\s+(.+)$/m.exec(sourceOf(cell))?.[1] : undefined;
    if (heading !== undefined) return heading;
  }
  return notebook.cells[index]!.id ?? `cell ${index + 1}`;
}

function hasTag(cell: Cell, tag: string): boolean {
  return cell.metadata.tags?.includes(tag) === true;
}
