import { VcpError, type ErrorCode } from '@jupyterlab-vcp/sdk/wire';
import type { CloudProvider } from '../domain/index.js';
import { withTimeLimit } from './limits.js';
import { machineState } from './node-rows.js';
import type { OperationRun } from './operation-run.js';

/** Failures that a provider going away may look like. Others are somebody's clear answer. */
const DOUBTFUL: ReadonlySet<ErrorCode> = new Set(['provider_failed', 'internal', 'timed_out', 'not_found', 'conflict']);
/** A machine that ends by itself each time is not started for ever. */
const MOST_STARTS = 3;

/** Failures after which a machine that never booted is rather made anew than tried once more. */
export function spoilsMachine(failure: VcpError): boolean {
  return failure.code === 'provider_failed' || failure.code === 'conflict';
}

/**
 * A provider that is being stopped gives all kinds of errors before it gives none. So a failure about a node is believed
 * only when the provider still answers, and its machine did not just end.
 * @param starts how often a machine of this node was spoilt already
 * @returns the failure as it has to be seen; undefined when it is what it says
 */
export async function doubtFailure(run: OperationRun, provider: CloudProvider, nodeId: string, failure: VcpError, starts: number): Promise<VcpError | undefined> {
  if (!DOUBTFUL.has(failure.code)) return undefined;
  const { settings, clock } = run.context;
  try {
    const state = await withTimeLimit({ ms: settings.nodeAnswerMs, what: `Asking ${provider.title}`, signal: run.signal, clock }, signal => machineState(run.context, provider, nodeId, signal));
    if (starts >= MOST_STARTS || state === 'gone' || state === 'running') return undefined;
    // Our machine is there and does not come to life: a provider that crashed leaves such.
    return failure.code === 'conflict' || (failure.code === 'provider_failed' && state === 'stopped') ? failure : undefined;
  } catch {
    return new VcpError('provider_unavailable', `${provider.title} does not answer (before that: ${failure.message})`, { hint: failure.hint ?? 'Look whether it runs, then apply again.', cause: failure });
  }
}
