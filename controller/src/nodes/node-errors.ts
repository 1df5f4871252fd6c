import { isVcpError, VcpError } from '@jupyterlab-vcp/sdk/wire';

/** The error of a wait that its caller ended: by its own time limit, or by giving up. */
export function abortError(signal: AbortSignal | undefined, what: string, last?: unknown): VcpError {
  const reason: unknown = signal?.reason;
  if (isVcpError(reason)) return reason;
  const seen = last === undefined ? '' : ` Last seen: ${isVcpError(last) ? last.message : String((last as Error).message ?? last)}`;
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new VcpError('timed_out', `${what} took longer than its time limit.${seen}`, { hint: 'Look at the node with `vcp ssh`, or try again.' });
  }
  return new VcpError('cancelled', `${what} was cancelled.${seen}`);
}

/** @throws cancelled or timed_out once the signal was raised. */
export function throwIfAborted(signal: AbortSignal, what: string, last?: unknown): void {
  if (signal.aborted) throw abortError(signal, what, last);
}

/** Gives the caller its answer as soon as the signal is raised; the work itself goes on unseen. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined, what: string): Promise<T> {
  if (signal === undefined) return work;
  if (signal.aborted) {
    work.catch(() => undefined);
    throw abortError(signal, what);
  }
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortError(signal, what));
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Waits, or ends early when the signal is raised. Never throws. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted === true) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}

export function unreachable(node: string, why: string, cause?: unknown): VcpError {
  return new VcpError('node_unreachable', `Node ${node} cannot be reached: ${why}`, {
    hint: 'See whether the node runs (`vcp ps`); if it was lost, remove or replace it.', cause
  });
}

export function hostKeyMismatch(node: string, expected: string, offered: string): VcpError {
  return new VcpError('node_unreachable', `Node ${node} shows another host key (${offered}) than the one it was made with (${expected}). Nothing was sent to it.`, {
    hint: 'Somebody may answer in its place, or it was set up anew: remove the node and add another.', details: { hostKeyMismatch: true, expected, offered }
  });
}

export function isHostKeyMismatch(error: unknown): boolean {
  return isVcpError(error) && error.details?.['hostKeyMismatch'] === true;
}
