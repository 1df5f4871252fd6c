import type { OperationView } from '@jupyterlab-vcp/sdk/wire';
import { isFinished } from '@jupyterlab-vcp/sdk/wire';
import type { CellOutput } from '../exec/cell-output.js';
import { Progress } from '../exec/progress.js';
import { lineBundle } from './table-bundle.js';
import { about, duration, operationLine } from './wording.js';

const TICK_MS = 1000;

/** An operation in one place of the cell: a bar while it runs, one line when it has ended. */
export class OperationProgress {
  readonly #progress: Progress;
  #view: OperationView | undefined;
  #seenAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: CellOutput, cell: number) {
    this.#progress = new Progress(output, cell);
  }

  update(view: OperationView): void {
    this.#view = view;
    this.#seenAt = performance.now();
    if (isFinished(view.state)) return this.finish(operationLine(view));
    this.#timer ??= setInterval(() => this.#show(), TICK_MS);
    this.#show();
  }

  /** Nobody waits any more, but the operation goes on. */
  leave(): void {
    const view = this.#view;
    if (view && !isFinished(view.state)) this.finish(`◐ ${about(view.vc, view.title)} goes on (operation ${view.id}). Run the cell again to see how it ends.`);
  }

  finish(line: string): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#progress.finish(lineBundle(line));
  }

  #show(): void {
    const view = this.#view;
    if (!view) return;
    const elapsed = view.timing.totalMs + performance.now() - this.#seenAt;
    const running = view.resources.filter((resource) => resource.state === 'running').map((resource) => `${resource.name}: ${resource.phase || 'running'}`);
    const label = `${about(view.vc, view.title)}: ${view.progress.done} of ${view.progress.total}, ${duration(elapsed)}`;
    this.#progress.update({ label, done: view.progress.done, total: view.progress.total === 0 ? undefined : view.progress.total, detail: shortened(running) || view.phase });
  }
}

const MOST_NAMED = 4;

function shortened(names: readonly string[]): string {
  const rest = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
