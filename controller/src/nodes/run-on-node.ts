import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { NodeConnection } from './node-connection.js';
import { abortError, unreachable } from './node-errors.js';

export interface RunOptions {
  /** For the error: "Putting files into /x on node y". */
  readonly what: string;
  readonly stdin?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One of our own small commands, in a session that ends with it. @throws command_failed with what it said. */
export async function runOnNode(connection: NodeConnection, command: string, options: RunOptions): Promise<string> {
  const channel = await connection.openSession(command, options.signal);
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    const onAbort = (): void => {
      channel.close();
      reject(abortError(options.signal, options.what));
    };
    options.signal?.addEventListener('abort', onAbort, { once: true });
    channel.on('data', (bytes: Buffer) => { output += bytes.toString(); });
    channel.stderr.on('data', (bytes: Buffer) => { errors = `${errors}${bytes.toString()}`.slice(-2000); });
    // Not `exit`: of a command that ends at once it comes with the answer to its start, before anybody can listen.
    channel.once('close', (code?: number | null, killedBy?: string) => {
      options.signal?.removeEventListener('abort', onAbort);
      if (code === 0) resolve(output);
      else if (!connection.alive) reject(unreachable(connection.name, 'the connection was lost.'));
      else reject(new VcpError('command_failed', `${options.what} failed: ${errors.trim() || `it ended with ${code ?? killedBy ?? 'no code'}`}`));
    });
    channel.end(options.stdin ?? '');
  });
}

export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
