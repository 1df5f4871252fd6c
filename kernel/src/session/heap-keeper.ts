import { getHeapStatistics } from 'node:v8';

const IDLE_MS = 300;
const IDLE_LIMIT_BYTES = 110e6;
const BUSY_LIMIT_BYTES = 240e6;

/**
 * Collects garbage when nobody waits: the compiler leaves some 2 MB a cell, and an engine left alone would let 700 MB
 * of it lie around. A long series of cells is interrupted for it only when much has gathered.
 */
export class HeapKeeper {
  readonly #collect: () => void;
  readonly #usedBytes: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(collect: () => void, usedBytes: () => number = () => getHeapStatistics().used_heap_size) {
    this.#collect = collect;
    this.#usedBytes = usedBytes;
  }

  /** To be called when an answer was sent. */
  afterAnswer(): void {
    clearTimeout(this.#timer);
    const used = this.#usedBytes();
    if (used > BUSY_LIMIT_BYTES) this.#collect();
    else if (used > IDLE_LIMIT_BYTES) this.#timer = setTimeout(this.#collect, IDLE_MS).unref();
  }
}
