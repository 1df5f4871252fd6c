import { waitForOperation, failureOf, type AcceptedChange, type ChangeOptions, type VcpClient } from '../client/index.js';
import type { Context, ExitCode } from './command.js';
import { OperationProgress } from './operation-progress.js';
import { errorText, operationLine } from './wording.js';

/** Sends a change, shows it while it runs and says in one line how it ended. */
export async function performOperation(context: Context, send: (client: VcpClient, options: ChangeOptions) => Promise<AcceptedChange>): Promise<ExitCode> {
  const client = await context.client();
  const { operation } = await send(client, {});
  const progress = new OperationProgress(context.terminal);
  try {
    const view = await waitForOperation(client, operation.id, { signal: context.signal, onProgress: change => progress.update(change) });
    progress.end();
    await client.delivered(view.id).catch(() => undefined);
    context.print(view, operationLine(view));
    if (view.state === 'succeeded') return 0;
    context.terminal.err(`${errorText(failureOf(view))}\n`);
    return view.state === 'needs-attention' ? 3 : 1;
  } finally {
    progress.end();
  }
}
