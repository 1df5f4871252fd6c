import type { CellOutput } from './cell-output.js';
import { escapeHtml } from './escape-html.js';
import type { MimeBundle } from './mime-bundle.js';

/** What a piece of work has come to. */
export interface ProgressState {
  readonly label: string;
  readonly done: number;
  /** Unknown when undefined. */
  readonly total: number | undefined;
  readonly detail?: string;
}

const INTERVAL_MS = 200;
const BAR_WIDTH = 24;

/** Progress of one piece of work, shown in one place that changes, in HTML and in text. */
export class Progress {
  readonly #output: CellOutput;
  readonly #cell: number;
  #displayId: string | undefined;
  #pending: ProgressState | undefined;
  #timer: NodeJS.Timeout | undefined;
  #shownAt = -Infinity;

  constructor(output: CellOutput, cell: number) {
    this.#output = output;
    this.#cell = cell;
  }

  /** Shows the newest state, at most five times a second. */
  update(state: ProgressState): void {
    this.#pending = state;
    const wait = this.#shownAt + INTERVAL_MS - performance.now();
    if (wait <= 0) this.#showPending();
    else this.#timer ??= setTimeout(() => this.#showPending(), wait);
  }

  /** Replaces the bar by what is left to say. */
  finish(bundle: MimeBundle): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = undefined;
    this.#show(bundle);
  }

  #showPending(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending) this.#show(progressBundle(this.#pending));
    this.#pending = undefined;
  }

  #show(bundle: MimeBundle): void {
    this.#shownAt = performance.now();
    if (this.#displayId === undefined) this.#displayId = this.#output.display(this.#cell, bundle);
    else this.#output.updateDisplay(this.#cell, this.#displayId, bundle);
  }
}

function progressBundle({ label, done, total, detail }: ProgressState): MimeBundle {
  const share = total === undefined || total === 0 ? undefined : Math.min(1, done / total);
  const filled = Math.round((share ?? 0) * BAR_WIDTH);
  const bar = share === undefined ? '' : `[${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}] ${Math.round(share * 100)} %  `;
  const value = share === undefined ? '' : ` value="${share.toFixed(3)}"`;
  const rest = detail ? `  ${detail}` : '';
  return {
    'text/plain': `${bar}${label}${rest}`,
    'text/html': `<div class="vcp-progress"><progress max="1"${value} aria-label="${escapeHtml(label)}"></progress> <span>${escapeHtml(label)}</span>${detail ? ` <small>${escapeHtml(detail)}</small>` : ''}</div>`
  };
}
