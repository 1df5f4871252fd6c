import type { ExecuteRequest } from '../thread-messages.js';
import type { IncomingMessage, Json } from './message.js';

export interface QueuedCell {
  readonly cell: number;
  readonly message: IncomingMessage;
}

export interface ExecuteQueuePort {
  /** The cell starts: announce it and hand it over. */
  start(queued: QueuedCell, request: ExecuteRequest): void;
  /** The cell has ended: answer. */
  reply(queued: QueuedCell, content: Json): void;
}

/**
 * Runs cells one after the other, in the order of their requests. After an error the cells that wait are answered with
 * `aborted`, as the protocol has it: each gets its reply, none is dropped.
 */
export class ExecuteQueue {
  readonly #port: ExecuteQueuePort;
  readonly #waiting: QueuedCell[] = [];
  #running: QueuedCell | undefined;
  #executionCount = 0;
  #isClosed = false;

  constructor(port: ExecuteQueuePort) {
    this.#port = port;
  }

  get runningCell(): number {
    return this.#running?.cell ?? 0;
  }

  get running(): QueuedCell | undefined {
    return this.#running;
  }

  push(queued: QueuedCell): void {
    this.#waiting.push(queued);
    this.#startNext();
  }

  finish(cell: number, content: Json): void {
    const running = this.#running;
    if (running?.cell !== cell) return;
    this.#running = undefined;
    this.#port.reply(running, { ...content, execution_count: this.#executionCount });
    if (content['status'] === 'error' && running.message.content['stop_on_error'] !== false && running.message.content['silent'] !== true) this.abortWaiting();
    this.#startNext();
  }

  /** Answers every cell that waits without running it. */
  abortWaiting(): void {
    for (const queued of this.#waiting.splice(0)) {
      this.#port.reply(queued, { status: 'aborted', execution_count: this.#executionCount, user_expressions: {}, payload: [] });
    }
  }

  /** Starts nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.abortWaiting();
  }

  #startNext(): void {
    const next = this.#running || this.#isClosed ? undefined : this.#waiting.shift();
    if (!next) return;
    const { content, metadata } = next.message;
    const isSilent = content['silent'] === true;
    if (!isSilent && content['store_history'] !== false) this.#executionCount++;
    this.#running = next;
    this.#port.start(next, {
      cell: next.cell,
      code: String(content['code'] ?? ''),
      executionCount: this.#executionCount,
      isSilent,
      allowsStdin: content['allow_stdin'] !== false,
      cellId: typeof metadata['cellId'] === 'string' ? metadata['cellId'] : undefined,
      userExpressions: (content['user_expressions'] ?? {}) as Readonly<Record<string, string>>
    });
  }
}
