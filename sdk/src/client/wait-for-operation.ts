import { VcpError, isFinished, isVcpError, type OperationView } from '../wire/index.js';
import type { VcpClient } from './vcp-client.js';

export interface WaitOptions {
  /** Stops the waiting, never the operation. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((operation: OperationView) => void) | undefined;
  /** Gives up after this long without a controller. The operation goes on when it is there again. */
  readonly longestOutageMs?: number | undefined;
}

const LONGEST_OUTAGE_MS = 120_000;

/**
 * Waits until an operation has ended and returns it, whatever its end. Survives restarts of the controller.
 * @throws VcpError cancelled (the waiting was stopped, details.operation goes on), controller_unavailable, not_found.
 */
export async function waitForOperation(client: VcpClient, id: string, options: WaitOptions = {}): Promise<OperationView> {
  const own = new AbortController();
  const stop = (): void => own.abort();
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted === true) own.abort();
  const news = new News();
  const feed = (async () => {
    for await (const item of client.feed({ operation: id }, { signal: own.signal, longestOutageMs: options.longestOutageMs ?? LONGEST_OUTAGE_MS })) {
      void item;
      news.arrive();
    }
  })().then(() => news.fail(new VcpError('cancelled', 'The waiting was stopped.')), (error: unknown) => news.fail(error));
  let seen = '';
  try {
    for (;;) {
      await news.next();
      const view = await current(client, id, own.signal);
      if (view === undefined) continue;
      const text = JSON.stringify(view);
      if (text !== seen) options.onProgress?.(view);
      seen = text;
      if (isFinished(view.state)) return view;
    }
  } catch (error) {
    if (options.signal?.aborted !== true) throw isVcpError(error) && error.code === 'controller_unavailable' ? lost(error, id) : error;
    throw new VcpError('cancelled', `The waiting was stopped; operation ${id} goes on.`, { hint: `Look at it with: vcp ops, or stop it with: vcp op cancel ${id}`, operation: id, cause: error });
  } finally {
    options.signal?.removeEventListener('abort', stop);
    own.abort();
    await feed;
  }
}

/**
 * Waits and makes the end of an operation that did not succeed into an error.
 * @throws VcpError the operation's own error with its id; cancelled.
 */
export async function outcomeOf(client: VcpClient, id: string, options: WaitOptions = {}): Promise<OperationView> {
  const view = await waitForOperation(client, id, options);
  // The reader has the result now: running the same thing again is meant as something new.
  await client.delivered(id).catch(() => undefined);
  if (view.state === 'succeeded') return view;
  throw failureOf(view);
}

/** What to tell about an operation that ended otherwise than well. */
export function failureOf(view: OperationView): VcpError {
  const { error } = view;
  const known = view.state === 'needs-attention' ? 'ended without knowing the state of the world' : view.state === 'cancelled' ? 'was cancelled' : 'failed';
  if (error === undefined) return new VcpError(view.state === 'cancelled' ? 'cancelled' : 'internal', `${view.title}: the operation ${known}.`, { operation: view.id, details: { state: view.state } });
  return new VcpError(error.code, error.message, { ...(error.hint === undefined ? {} : { hint: error.hint }), ...(error.at === undefined ? {} : { at: error.at as VcpError['at'] }), operation: view.id, details: { ...error.details, state: view.state } });
}

function lost(error: VcpError, id: string): VcpError {
  return new VcpError('controller_unavailable', `${error.message} Operation ${id} goes on when the controller runs again.`, { hint: 'Start it with: vcp controller start', operation: id, cause: error });
}

async function current(client: VcpClient, id: string, signal: AbortSignal): Promise<OperationView | undefined> {
  try {
    return await client.getOperation(id, { signal });
  } catch (error) {
    // The feed reconnects and then wakes us again.
    if (isVcpError(error) && error.code === 'controller_unavailable' && !signal.aborted) return undefined;
    throw error;
  }
}

/** One waiting reader; news that arrive while it is busy count once. */
class News {
  #pending = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  arrive(): void {
    this.#pending = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake?.();
  }

  async next(): Promise<void> {
    if (!this.#pending && this.#failure === undefined) await new Promise<void>(resolve => { this.#wake = resolve; });
    this.#wake = undefined;
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#pending = false;
  }
}
