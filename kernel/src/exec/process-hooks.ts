import type { StreamName } from '../io/stream-coalescer.js';

export interface ProcessHooks {
  readonly write: (name: StreamName, text: string) => void;
  readonly exit: (exitCode: number) => never;
  readonly onEscapedError: (what: string, error: unknown) => void;
  readonly onSigint: () => void;
  readonly onSigterm: () => void;
}

/** Makes what cells know as the process answer to the notebook; returns the real `process.exit`. */
export function hookProcess(hooks: ProcessHooks): (exitCode: number) => void {
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = ((chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
      hooks.write(name, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      const done = typeof encoding === 'function' ? encoding : callback;
      if (typeof done === 'function') process.nextTick(done);
      return true;
    }) as typeof process.stdout.write;
  }
  const realExit = process.exit.bind(process);
  process.exit = (code) => hooks.exit(Number(code ?? process.exitCode ?? 0));
  process.on('SIGINT', hooks.onSigint);
  process.on('SIGTERM', hooks.onSigterm);
  process.on('uncaughtException', (error) => hooks.onEscapedError('Uncaught', error));
  process.on('unhandledRejection', (error) => hooks.onEscapedError('Unhandled rejection of', error));
  return (exitCode) => realExit(exitCode);
}
