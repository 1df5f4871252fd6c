const INTERVAL_MS = 1000;

/** Calls `onGone` when the process that started the kernel has ended without saying good-bye. */
export function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, INTERVAL_MS);
  timer.unref();
}
