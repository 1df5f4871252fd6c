import { randomUUID } from 'node:crypto';
import { toVcpError } from '../wire/index.js';
import { revivingClient, type VcpClient } from '../client/index.js';
import { UsageError, type Command, type Context, type ExitCode } from './command.js';
import { COMMANDS } from './commands.js';
import { helpOf, helpOfAll, parseCommandLine, type ParsedLine } from './command-line.js';
import type { Terminal } from './terminal.js';
import { errorText } from './wording.js';

export interface CliOptions {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Absent: the controller of this machine, started when none runs. */
  readonly connect?: (() => Promise<VcpClient>) | undefined;
  readonly version: string;
  readonly commands?: readonly Command[] | undefined;
}

const STOPPED = 130;

/** Runs one command line; never throws. @returns the exit code */
export async function runCli(args: readonly string[], options: CliOptions): Promise<ExitCode> {
  const { terminal } = options;
  const commands = options.commands ?? COMMANDS;
  if (args.length === 0 || args[0] === 'help' && args.length === 1 || args[0] === '--help' || args[0] === '-h') {
    terminal.out(`${helpOfAll(commands)}\n`);
    return args.length === 0 ? 2 : 0;
  }
  if (args[0] === '--version' || args[0] === '-V') {
    terminal.out(`${options.version}\n`);
    return 0;
  }
  let line: ParsedLine;
  try {
    line = parseCommandLine(args[0] === 'help' ? [...args.slice(1), '--help'] : args, commands);
  } catch (error) {
    return complain(error, false, options);
  }
  if (line.help) {
    terminal.out(`${helpOf(line.command)}\n`);
    return 0;
  }
  const connection = connectOnce(options);
  try {
    return await line.command.run(line.invocation, contextOf(line.json, connection.client, options));
  } catch (error) {
    return complain(error, line.json, options);
  } finally {
    connection.close();
  }
}

function connectOnce(options: CliOptions): { client(): Promise<VcpClient>; close(): void } {
  let client: Promise<VcpClient> | undefined;
  const connect = options.connect ?? (async () => revivingClient({ origin: { client: 'cli', run: `cli-${randomUUID()}` }, onStarting: message => options.terminal.err(`${message} …\n`) }));
  return {
    client: () => (client ??= connect()),
    close: () => void client?.then(connected => connected.close(), () => undefined)
  };
}

function contextOf(json: boolean, client: () => Promise<VcpClient>, { terminal, signal }: CliOptions): Context {
  return { terminal, json, signal, client, print: (value, text) => terminal.out(`${json ? JSON.stringify(value, null, 2) : text}\n`) };
}

function complain(error: unknown, json: boolean, { terminal, signal }: CliOptions): ExitCode {
  if (error instanceof UsageError) {
    terminal.err(`✖ ${error.message}.\n${error.hint === undefined ? '' : `→ ${error.hint}\n`}`);
    return 2;
  }
  const known = toVcpError(error);
  terminal.err(json ? `${JSON.stringify({ error: known.toJSON() }, null, 2)}\n` : `${errorText(known)}\n`);
  if (known.code === 'internal' && process.env['VCP_DEBUG'] === '1') terminal.err(`${String((known.cause as Error | undefined)?.stack ?? known.cause)}\n`);
  if (signal.aborted && known.code === 'cancelled') return STOPPED;
  return known.details?.['state'] === 'needs-attention' ? 3 : 1;
}
