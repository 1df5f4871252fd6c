import { randomUUID } from 'node:crypto';
import type { Json } from '../io/message.js';
import type { StreamName } from '../io/stream-coalescer.js';
import type { OutputBudget } from '../output-budget.js';
import type { ToIo } from '../thread-messages.js';
import { completeBundle, type MimeBundle } from './mime-bundle.js';

export interface DisplayOptions {
  /** Displays of one id replace each other. */
  readonly id?: string;
  readonly metadata?: Json;
}

/** Hands what cells produce to the thread that sends it. Cells are named by their number. */
export class CellOutput {
  readonly #post: (message: ToIo) => void;
  readonly #budget: OutputBudget;

  constructor(post: (message: ToIo) => void, budget: OutputBudget) {
    this.#post = post;
    this.#budget = budget;
  }

  write(cell: number, name: StreamName, text: string): void {
    if (text === '') return;
    this.#budget.spend(text.length);
    this.#post({ type: 'stream', cell, name, text });
  }

  /** Shows a value and returns the id by which it can be replaced. */
  display(cell: number, bundle: MimeBundle, options: DisplayOptions = {}): string {
    const id = options.id ?? randomUUID();
    this.#publishData(cell, 'display_data', bundle, { ...options, id });
    return id;
  }

  updateDisplay(cell: number, id: string, bundle: MimeBundle, metadata?: Json): void {
    this.#publishData(cell, 'update_display_data', bundle, { id, metadata });
  }

  result(cell: number, bundle: MimeBundle, executionCount: number): void {
    this.publish(cell, 'execute_result', { data: completeBundle(bundle), metadata: {}, execution_count: executionCount });
  }

  publish(cell: number, type: string, content: Json): void {
    this.#post({ type: 'publish', cell, message: { type, content } });
  }

  #publishData(cell: number, type: string, bundle: MimeBundle, { id, metadata = {} }: { readonly id: string; readonly metadata?: Json | undefined }): void {
    this.publish(cell, type, { data: completeBundle(bundle), metadata, transient: { display_id: id } });
  }
}
