import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Terminal } from '../terminal.js';
import { duration } from '../wording.js';
import { CellOutputs } from './cell-outputs.js';
import { CellPrinter } from './cell-printer.js';
import { KernelProcess } from './kernel-process.js';
import { prepareNotebook, readNotebook, sourceOf, titleOf, type Cell, type Notebook } from './notebook-file.js';

export interface RunOptions {
  readonly path: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Folder for the executed notebook; absent: it is not written. */
  readonly out?: string | undefined;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  /** Say only what went wrong. */
  readonly quiet: boolean;
}

export interface RunOutcome {
  readonly run: string;
  readonly state: 'succeeded' | 'failed' | 'stopped';
  readonly ran: number;
  readonly failedCell?: string;
  readonly error?: string;
  readonly durationMs: number;
  readonly written?: string;
}

interface CellEnd { readonly ok: boolean; readonly error?: string; readonly executionCount: number | null }

/** Runs all code cells in order in a kernel of their own, as JupyterLab would. Ends at the first error. */
export async function runNotebook(options: RunOptions): Promise<RunOutcome> {
  const began = Date.now();
  const notebook = prepareNotebook(await readNotebook(options.path), options.parameters);
  const run = `run-${randomUUID()}`;
  const outputs = new CellOutputs();
  const written = options.out === undefined ? undefined : join(options.out, basename(options.path));
  const kernel = await KernelProcess.start(dirname(options.path), { VCP_RUN: run, JPY_SESSION_NAME: options.path });
  const ends = new Map<string, CellEnd>();
  const interrupt = (): void => void kernel.interrupt();
  options.signal.addEventListener('abort', interrupt);
  const code = notebook.cells.flatMap((cell, index) => (cell.cell_type === 'code' && sourceOf(cell).trim() !== '' ? [{ cell, index }] : []));
  let failedCell: string | undefined;
  try {
    for (const [position, { cell, index }] of code.entries()) {
      if (options.signal.aborted) break;
      const title = `[${position + 1}/${code.length}] ${titleOf(notebook, index)}`;
      if (!options.quiet) options.terminal.err(`── ${title}\n`);
      const cellBegan = Date.now();
      const end = await Promise.race([runCell(kernel, cell, outputs, options), kernel.lost]);
      ends.set(cell.id!, end);
      if (written !== undefined) await write(written, executed(notebook, outputs, ends));
      if (!options.quiet) options.terminal.err(`${end.ok ? '✔' : '✖'} ${title} ${duration(Date.now() - cellBegan)}\n`);
      if (!end.ok) {
        failedCell = cell.id!;
        break;
      }
    }
  } finally {
    options.signal.removeEventListener('abort', interrupt);
    await kernel.stop();
  }
  const state = options.signal.aborted ? 'stopped' : failedCell === undefined ? 'succeeded' : 'failed';
  const error = failedCell === undefined ? undefined : ends.get(failedCell)?.error;
  return { run, state, ran: ends.size, durationMs: Date.now() - began, ...(failedCell === undefined ? {} : { failedCell }), ...(error === undefined ? {} : { error }), ...(written === undefined ? {} : { written }) };
}

async function runCell(kernel: KernelProcess, cell: Cell, outputs: CellOutputs, options: RunOptions): Promise<CellEnd> {
  const id = cell.id!;
  const printer = options.quiet ? undefined : new CellPrinter(options.terminal);
  let forget = (): void => undefined;
  try {
    return await new Promise<CellEnd>((done, fail) => {
      let end: CellEnd | undefined;
      let idle = false;
      const content = { code: sourceOf(cell), silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true };
      kernel.client.request('shell', 'execute_request', content, { cellId: id }, message => {
        if (message.type === 'execute_reply') end = endOf(message.content);
        else if (message.type === 'status') idle ||= message.content['execution_state'] === 'idle';
        else if (outputs.take(id, message.type, message.content)) printer?.show(message.type, message.content);
        // Both have to be there: outputs may come after the reply, and the reply after the last output.
        if (end !== undefined && idle) done(end);
      }).then(request => { forget = request.forget; }, fail);
    });
  } finally {
    forget();
    printer?.end();
  }
}

function endOf(content: Readonly<Record<string, unknown>>): CellEnd {
  const count = content['execution_count'];
  const ok = content['status'] === 'ok';
  return { ok, executionCount: typeof count === 'number' ? count : null, ...(ok ? {} : { error: [content['ename'], content['evalue']].filter(part => typeof part === 'string' && part !== '').join(': ') || String(content['status']) }) };
}

function executed(notebook: Notebook, outputs: CellOutputs, ends: ReadonlyMap<string, CellEnd>): Notebook {
  return { ...notebook, cells: notebook.cells.map(cell => (cell.cell_type === 'code' ? { ...cell, outputs: outputs.of(cell.id!), execution_count: ends.get(cell.id!)?.executionCount ?? null } : cell)) };
}

/** Whole or not at all: a run that is killed leaves the notebook of the cell before. */
async function write(path: string, notebook: Notebook): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, `${JSON.stringify(notebook, null, 1)}\n`);
  await rename(`${path}.part`, path);
}
