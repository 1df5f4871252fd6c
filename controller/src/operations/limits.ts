import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { Timer } from '../domain/index.js';

/** At most so many pieces of work at a time; the others wait in order. */
export class Limiter {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** @throws the signal's error when it aborts while waiting; what `work` throws. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const proceed = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1);
        reject(abortedError(signal));
      };
      if (signal.aborted) return reject(abortedError(signal));
      this.#waiting.push(proceed);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/** Work under one name happens one after the other. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(work);
    const tail = result.then(() => undefined, () => undefined);
    this.#tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}

/** Gives the caller up as soon as the signal aborts, even when the work hangs; the world is looked at again later. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined);
    throw abortedError(signal);
  }
  return new Promise<T>((resolve, reject) => {
    const giveUp = (): void => reject(abortedError(signal));
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

export function abortedError(signal: AbortSignal): VcpError {
  return signal.reason instanceof VcpError ? signal.reason : new VcpError('cancelled', 'This was cancelled.');
}

/** Runs `work` with a time limit. @throws VcpError timed_out saying what took too long. */
export async function withTimeLimit<T>(limit: { readonly ms: number; readonly what: string; readonly signal: AbortSignal; readonly clock: Timer }, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any([limit.signal, over.signal]);
  void limit.clock.sleep(limit.ms, AbortSignal.any([limit.signal, done.signal])).then(() => {
    if (!done.signal.aborted && !limit.signal.aborted) over.abort(new VcpError('timed_out', `${limit.what} took longer than ${Math.round(limit.ms / 1000)} seconds.`));
  });
  try {
    return await unlessAborted(work(signal), signal);
  } finally {
    done.abort();
  }
}
