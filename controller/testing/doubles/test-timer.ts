import type { Timer } from '../../src/domain/index.js';

interface Sleeper { readonly due: number; readonly wake: () => void }

/** Time that stands still until a test moves it. */
export class TestTimer implements Timer {
  #now: number;
  #sleepers: Sleeper[] = [];

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      if (signal?.aborted === true) return resolve();
      const sleeper: Sleeper = {
        due: Math.ceil(this.#now + ms),
        wake: () => {
          this.#sleepers = this.#sleepers.filter(other => other !== sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        }
      };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** Moves to the next moment for which somebody sleeps. @returns false when nobody does. */
  step(): boolean {
    const due = Math.min(...this.#sleepers.map(sleeper => sleeper.due));
    if (!Number.isFinite(due)) return false;
    this.#now = Math.max(this.#now, due);
    for (const sleeper of this.#sleepers.filter(candidate => candidate.due <= this.#now)) sleeper.wake();
    return true;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const sleeper of this.#sleepers.filter(candidate => candidate.due <= this.#now)) sleeper.wake();
  }
}
