import { VcpError, isVcpError, type ExecEvent } from '../wire/index.js';
import { pause } from './event-feed.js';
import type { SdkContext } from './sdk-context.js';

export interface ExecOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Text that the command reads from its standard input. */
  readonly stdin?: string | undefined;
  /** The command is ended after this time; the result then has `timedOut`. */
  readonly timeoutMs?: number | undefined;
  /** Application container to run in; absent: the node itself. */
  readonly container?: string | undefined;
  readonly cwd?: string | undefined;
  readonly user?: string | undefined;
  /** Aborting ends the command on the node. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each piece of output as it arrives. */
  readonly onOutput?: ((stream: 'stdout' | 'stderr', data: string) => void) | undefined;
}

/** How a command ended. A non-zero code is a result, not an error. */
export interface ExecResult {
  readonly node: string;
  readonly exec: string;
  /** The last 32 Mi characters at most. */
  readonly stdout: string;
  readonly stderr: string;
  /** null when the command has no exit code: killed by a signal, or its outcome is unknown. */
  readonly code: number | null;
  readonly signal?: string | undefined;
  readonly timedOut: boolean;
  /** `unknown`: the node was lost, nobody can say whether the command ended. */
  readonly outcome: 'exited' | 'timed-out' | 'cancelled' | 'unknown';
  readonly durationMs: number;
}

const LONGEST_KEPT = 33_554_432;
const LONGEST_OUTAGE_MS = 120_000;

/** Runs a command once; a connection that breaks meanwhile is taken up again where it was, never by running twice. */
export async function execOnNode(context: SdkContext, vc: string, node: string, command: string | readonly string[], options: ExecOptions): Promise<ExecResult> {
  const { client } = context;
  const { origin, signal } = context.change({ signal: options.signal, idempotencyKey: '' });
  const kept = { stdout: '', stderr: '' };
  const read = { stdout: 0, stderr: 0 };
  let exec: string | undefined;
  let outageSince: number | undefined;
  const body = {
    command: typeof command === 'string' ? command : [...command], ...(options.env === undefined ? {} : { env: { ...options.env } }),
    stdin: options.stdin, timeoutMs: options.timeoutMs, container: options.container, cwd: options.cwd, user: options.user
  };
  for (;;) {
    const events: AsyncIterable<ExecEvent> = exec === undefined ? client.execNode(vc, node, body, { signal, origin }) : client.readExec(exec, read, { signal });
    try {
      for await (const event of events) {
        outageSince = undefined;
        if (event.type === 'started') exec = event.exec;
        else if (event.type === 'exit') {
          const { code, timedOut, outcome, durationMs } = event;
          return { node, exec: exec ?? '', ...kept, code, signal: event.signal, timedOut, outcome, durationMs };
        } else {
          read[event.type] = event.offset + (event.bytes ?? Buffer.byteLength(event.data));
          kept[event.type] = (kept[event.type] + event.data).slice(-LONGEST_KEPT);
          options.onOutput?.(event.type, event.data);
        }
      }
    } catch (error) {
      if (signal?.aborted === true) {
        if (exec !== undefined) await client.cancelExec(exec).catch(() => undefined);
        throw new VcpError('cancelled', `The command on ${node} was stopped.`, { details: { node, ...(exec === undefined ? {} : { exec }) }, cause: error });
      }
      if (exec === undefined || !isVcpError(error) || error.code !== 'controller_unavailable') throw error;
      outageSince ??= Date.now();
      if (Date.now() - outageSince > LONGEST_OUTAGE_MS) throw error;
      await pause(250, signal);
    }
  }
}
