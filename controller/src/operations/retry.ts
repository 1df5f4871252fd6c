import { isVcpError, toVcpError, type VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { CloudProvider } from '../domain/index.js';
import type { Context } from './context.js';
import { abortedError } from './limits.js';

/** An error with what is known about the world after it. */
export interface Failure { readonly error: VcpError; readonly retryable: boolean }

/** What an error means: ours by its code, anything else by the provider's word. */
export function classify(provider: CloudProvider, error: unknown): Failure {
  if (isVcpError(error)) {
    const passing = error.code === 'provider_unavailable' || error.code === 'node_unreachable' || error.code === 'rate_limited';
    return passing ? { error, retryable: true } : classifiedByProvider(provider, error);
  }
  return classifiedByProvider(provider, error);
}

function classifiedByProvider(provider: CloudProvider, error: unknown): Failure {
  try {
    return provider.classify(error);
  } catch {
    return { error: toVcpError(error), retryable: false };
  }
}

export interface RetryOptions {
  readonly context: Context;
  readonly provider: CloudProvider;
  readonly signal: AbortSignal;
  /** Called before each pause with what is being waited for, in words for people. */
  readonly onWait: (phase: string, failure: VcpError) => void;
  /** Told after each pause how long it was. */
  readonly onWaited?: (ms: number) => void;
  /** Asked about a failure that the provider calls final: another view of it, or undefined when it is final. */
  readonly doubt?: (failure: VcpError) => Promise<VcpError | undefined>;
}

/**
 * Repeats `work` while it fails for the moment, with full jitter, for a limited time since the first failure.
 * `work` has to be safe to repeat.
 * @throws VcpError the last failure.
 */
export async function retrying<T>(options: RetryOptions, work: (attempt: number) => Promise<T>): Promise<T> {
  const { context, provider, signal } = options;
  const { clock, settings } = context;
  let failingSince: number | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (caught) {
      if (signal.aborted) throw abortedError(signal);
      const { error, retryable } = await secondView(options, classify(provider, caught));
      failingSince ??= clock.now();
      if (!retryable || clock.now() - failingSince >= settings.retryMs) throw error;
      options.onWait(waitingFor(provider, error), error);
      const ceiling = Math.min(settings.longestRetryMs, settings.firstRetryMs * 2 ** Math.min(attempt - 1, 16));
      const began = clock.now();
      await clock.sleep(Math.max(settings.firstRetryMs / 2, clock.random() * ceiling), signal);
      options.onWaited?.(clock.now() - began);
      if (signal.aborted) throw abortedError(signal);
    }
  }
}

async function secondView(options: RetryOptions, failure: Failure): Promise<Failure> {
  if (failure.retryable) return failure;
  const seen = await options.doubt?.(failure.error);
  if (options.signal.aborted) throw abortedError(options.signal);
  return seen === undefined ? failure : { error: seen, retryable: true };
}

function waitingFor(provider: CloudProvider, error: VcpError): string {
  if (error.code === 'provider_unavailable') return `waiting for ${provider.title} to answer`;
  return error.code === 'node_unreachable' ? 'waiting for the node to answer' : `trying again (${error.message})`;
}
