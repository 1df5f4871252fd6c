import { Readable } from 'node:stream';
import { execLineSchema, toVcpError, type ExecEvent, type ExecLine } from '@jupyterlab-vcp/sdk/wire';
import type { FastifyReply } from 'fastify';
import { failures } from './answers.js';
import type { OpenStreams } from './open-streams.js';

const NDJSON = 'application/x-ndjson';

export const execLinesAnswer = { 200: { description: 'One JSON object a line; the last one is `exit` or `error`.', content: { [NDJSON]: { schema: execLineSchema } } }, ...failures };

/**
 * Sends the events of a command as they come. What fails before the first event is an ordinary problem;
 * afterwards the last line says what broke. Closing the request only ends the reading, unless `cancel` is given.
 */
export async function execLines(reply: FastifyReply, streams: OpenStreams, begin: (signal: AbortSignal) => AsyncIterable<ExecEvent>, cancel: ((exec: string) => Promise<void>) | undefined): Promise<never> {
  const signal = streams.signalFor(reply);
  const events = begin(signal)[Symbol.asyncIterator]();
  const first = await events.next();
  const exec = first.done !== true && first.value.type === 'started' ? first.value.exec : undefined;
  let ended = first.done !== true && first.value.type === 'exit';
  const leave = async (): Promise<void> => {
    if (!ended && cancel !== undefined && exec !== undefined && signal.aborted) await cancel(exec).catch((error: unknown) => reply.log.warn({ err: error, exec }, 'a command could not be ended after its request was closed'));
    await events.return?.();
  };
  async function* lines(): AsyncGenerator<string> {
    try {
      for (let next = first; next.done !== true; next = await events.next()) {
        ended ||= next.value.type === 'exit';
        yield line(next.value);
      }
    } catch (error) {
      if (signal.aborted) return;
      yield line({ type: 'error', error: asWritten(error) });
    } finally {
      await leave();
    }
  }
  reply.type(NDJSON);
  if (signal.aborted) {
    // Nobody reads any more: a stream that is never begun would not run its end either.
    await leave();
    return Readable.from(first.done === true ? [] : [line(first.value)]) as never;
  }
  // The schema of the answer describes one line; what is sent is a stream of lines, which no schema checks.
  return Readable.from(lines()) as never;
}

function line(value: ExecLine): string {
  return `${JSON.stringify(value)}\n`;
}

/** As sent: the wire's error without its read-only marks. */
function asWritten(error: unknown): Extract<ExecLine, { type: 'error' }>['error'] {
  return structuredClone(toVcpError(error).toJSON()) as Extract<ExecLine, { type: 'error' }>['error'];
}
