import type { VcpClient } from '../client/index.js';
import type { Terminal } from './terminal.js';

/** An option of a command: `--name`, or `--name VALUE` when it has a value. */
export interface OptionSpec {
  readonly value?: string;
  readonly short?: string;
  readonly multiple?: boolean;
  readonly summary: string;
}

export interface Invocation {
  /** Words that are no options, in order. */
  readonly words: readonly string[];
  /** Words after `--`. */
  readonly rest: readonly string[];
  flag(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  /** @throws usage error unless it is a whole number. */
  number(name: string): number | undefined;
}

export interface Context {
  readonly terminal: Terminal;
  readonly json: boolean;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Connects, starting the controller when none runs. */
  client(): Promise<VcpClient>;
  /** Prints a result: as JSON when asked for, otherwise as text. */
  print(value: unknown, text: string): void;
}

/** 0 done, 1 failed, 2 usage, 3 needs attention. */
export type ExitCode = number;

export interface Command {
  readonly name: string;
  /** Words after the name, as help shows them: `FILE`, `VC/UNIT N`, `[VC]`. */
  readonly words: string;
  readonly summary: string;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  readonly examples?: readonly string[];
  run(invocation: Invocation, context: Context): Promise<ExitCode>;
}

/** A mistake in the command line itself: exit code 2. */
export class UsageError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}
