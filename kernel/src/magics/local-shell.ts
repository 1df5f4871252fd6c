import { spawn, type ChildProcess } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import type { Writable } from 'node:stream';
import type { StreamName } from '../io/stream-coalescer.js';

export interface ShellRun {
  readonly script: string;
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number | undefined;
  readonly onOutput: (name: StreamName, text: string) => void;
}

export interface ShellOutcome {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly timedOut: boolean;
}

/** Time between SIGINT, SIGTERM and SIGKILL. */
const ESCALATION_MS = 2000;
/** Time for output that is still on its way when the shell has ended; a command left in the background may hold it open. */
const DRAIN_MS = 200;

/** Shells on the machine that runs the kernel, each in a process group of its own. */
export class LocalShell {
  readonly #running = new Set<ChildProcess>();

  /** Runs a script; resolves when the shell has ended, also after an abort. */
  async run({ script, cwd, signal, timeoutMs, onOutput }: ShellRun): Promise<ShellOutcome> {
    // The script comes by a pipe: in the arguments everyone on the machine could read it.
    const child = spawn('bash', ['-c', 'eval "$(cat <&3)" 3<&-'], { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    this.#running.add(child);
    const pipe = child.stdio[3] as Writable;
    pipe.on('error', () => undefined);
    pipe.end(script.endsWith('\n') ? script : `${script}\n`);
    forward(child, 'stdout', onOutput);
    forward(child, 'stderr', onOutput);
    const stop = escalate(child);
    let timedOut = false;
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            stop();
          }, timeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const [exitCode, exitSignal] = await ended(child);
      return { exitCode: exitCode ?? undefined, signal: exitSignal ?? undefined, timedOut };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      this.#running.delete(child);
    }
  }

  /** Ends every shell at once, because the kernel ends. */
  stopAll(): void {
    for (const child of this.#running) signalGroup(child, 'SIGKILL');
  }
}

function forward(child: ChildProcess, name: StreamName, onOutput: (name: StreamName, text: string) => void): void {
  const decoder = new StringDecoder('utf8');
  child[name]?.on('data', (chunk: Buffer) => onOutput(name, decoder.write(chunk)));
  child[name]?.on('end', () => onOutput(name, decoder.end()));
}

function ended(child: ChildProcess): Promise<readonly [number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const timer = setTimeout(() => resolve([code, signal]), DRAIN_MS);
      child.once('close', () => {
        clearTimeout(timer);
        resolve([code, signal]);
      });
    });
  });
}

/** Returns a function that asks the process group to end, each time more firmly. */
function escalate(child: ChildProcess): () => void {
  let isStopping = false;
  return () => {
    if (isStopping) return;
    isStopping = true;
    const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGKILL'];
    const next = (): void => {
      const signal = signals.shift();
      if (!signal || child.exitCode !== null || child.signalCode !== null) return;
      signalGroup(child, signal);
      setTimeout(next, ESCALATION_MS).unref();
    };
    next();
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended meanwhile.
  }
}
