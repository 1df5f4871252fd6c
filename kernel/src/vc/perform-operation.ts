import { failureOf, waitForOperation, type AcceptedChange, type ChangeOptions, type VcpClient } from '@jupyterlab-vcp/sdk';
import { isVcpError, type OperationView } from '@jupyterlab-vcp/sdk/wire';
import type { MagicCall } from '../magics/magic-call.js';
import { OperationProgress } from './operation-progress.js';
import type { VcContext } from './vc-context.js';

/**
 * Sends a change for a magic, shows it while it runs and returns it when it has ended. The controller learns that the
 * result has arrived only after it is shown: a cell whose kernel or page was gone meanwhile finds it by running again.
 * @throws VcpError what the controller refused, or how the operation failed.
 */
export async function performOperation(vc: VcContext, call: MagicCall, send: (client: VcpClient, change: ChangeOptions) => Promise<AcceptedChange>, change = vc.changeOf(call)): Promise<OperationView> {
  const { client, output } = vc;
  const { signal, request } = call.context;
  const id = await acceptedId(() => send(client, change));
  const progress = new OperationProgress(output, request.cell);
  const leave = (): void => progress.leave();
  signal.addEventListener('abort', leave, { once: true });
  try {
    const view = await waitForOperation(client, id, { signal, onProgress: (now) => progress.update(now) });
    await client.delivered(id).catch(() => undefined);
    vc.rememberRevision(call.context, view.vc, view.revision);
    if (view.state !== 'succeeded') throw failureOf(view);
    return view;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/**
 * The key contains the text of the cell, so another body under the same key is the same wish planned on a newer state:
 * its operation is the one to wait for.
 */
async function acceptedId(send: () => Promise<AcceptedChange>): Promise<string> {
  try {
    return (await send()).operation.id;
  } catch (error) {
    if (isVcpError(error) && error.code === 'idempotency_mismatch' && error.operation !== undefined) return error.operation;
    throw error;
  }
}
