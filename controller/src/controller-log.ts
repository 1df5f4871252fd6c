import { isVcpError } from '@jupyterlab-vcp/sdk/wire';
import { pino, stdSerializers, type Logger } from 'pino';
import type { RotatingLog } from './rotating-log.js';

/** JSON lines into the log file and, in the foreground, short lines for people. Never a body, a variable's value or a key. */
export function controllerLog(level: string, file: RotatingLog, forPeople: ((line: string) => void) | undefined): Logger {
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: label => ({ level: label }) }, serializers: { err: errorForLog } }, {
    write(line: string) {
      file.write(line);
      forPeople?.(readable(line));
    }
  });
}

function errorForLog(error: unknown): unknown {
  if (!isVcpError(error)) return stdSerializers.err(error as Error);
  return { code: error.code, message: error.message, stack: error.stack, ...(error.cause === undefined ? {} : { cause: errorForLog(error.cause) }) };
}

function readable(line: string): string {
  const { level, time, msg, err, ...details } = JSON.parse(line) as Readonly<Record<string, unknown>> & { readonly err?: { readonly message?: string } };
  const words = Object.entries(details).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${String(msg)}${words.length === 0 ? '' : `  ${words.join(' ')}`}${err === undefined ? '' : `  ${String(err.message)}`}\n`;
}
