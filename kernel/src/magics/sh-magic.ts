import type { CellOutput } from '../exec/cell-output.js';
import type { StreamName } from '../io/stream-coalescer.js';
import type { LocalShell } from './local-shell.js';
import type { MagicHandler } from './magic-call.js';
import { MagicError } from './magic-error.js';

export interface ShMagicTools {
  readonly shell: LocalShell;
  readonly output: CellOutput;
  readonly cwd: string;
  readonly define: (name: string, type: string, value: unknown) => Promise<void>;
}

/** `%%sh`: shell commands on the machine that runs the notebook. */
export function shMagic({ shell, output, cwd, define }: ShMagicTools): MagicHandler {
  return async ({ args, body, context }) => {
    const into = args.optionalText('into');
    const timeoutMs = args.optionalDurationMs('timeout');
    let captured = '';
    const onOutput = (name: StreamName, text: string): void => {
      if (into !== undefined && name === 'stdout') captured += text;
      else output.write(context.request.cell, name, text);
    };
    const { exitCode, signal, timedOut } = await shell.run({ script: body, cwd, signal: context.signal, timeoutMs, onOutput });
    if (timedOut) throw new MagicError(`The commands did not end within ${(timeoutMs ?? 0) / 1000} s and were stopped.`);
    if (signal !== undefined) throw new MagicError(`The commands were ended by ${signal}.`);
    if (exitCode !== 0) throw new MagicError(`The commands ended with exit code ${exitCode ?? 'unknown'}.`);
    // As in $(…) of a shell, the last line break is not part of the value.
    if (into !== undefined) await define(into, 'string', captured.replace(/\r?\n$/, ''));
    return undefined;
  };
}
