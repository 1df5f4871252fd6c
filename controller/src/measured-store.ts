import { isVcpError } from '@jupyterlab-vcp/sdk/wire';
import type { Store } from './domain/index.js';

export interface CommitFigures { readonly count: number; readonly sumMs: number; readonly maxMs: number }

export interface MeasuredStore {
  readonly store: Store;
  commits(): CommitFigures;
  /** Why the last transaction could not be written, as long as none succeeded since. */
  writeProblem(): string | undefined;
}

/** A store whose commits are timed, for /metrics, and watched, for /readyz. */
export function measuredStore(store: Store): MeasuredStore {
  const figures = { count: 0, sumMs: 0, maxMs: 0 };
  let problem: string | undefined;
  return {
    commits: () => ({ ...figures }),
    writeProblem: () => problem,
    store: {
      installation: store.installation, bootEpoch: store.bootEpoch,
      read: work => store.read(work), onEvents: listener => store.onEvents(listener), close: () => store.close(),
      async transaction(work) {
        const began = performance.now();
        const result = await store.transaction(work).catch((error: unknown) => {
          if (isVcpError(error) && error.code === 'store_read_only') problem = error.message;
          throw error;
        });
        problem = undefined;
        const tookMs = performance.now() - began;
        figures.count += 1;
        figures.sumMs += tookMs;
        figures.maxMs = Math.max(figures.maxMs, tookMs);
        return result;
      }
    }
  };
}
