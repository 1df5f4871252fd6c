import type { Timer } from './domain/index.js';

/** Time and chance of this machine. */
export const realTimer: Timer = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) => new Promise(resolve => {
    if (signal?.aborted === true) return resolve();
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener('abort', finish, { once: true });
  })
};
