import { createInterface } from 'node:readline/promises';
import { PRODUCT_VERSION } from '../wire/index.js';
import { runOnPinnedNode } from './pinned-node.js';
import { runCli } from './run-cli.js';
import type { Terminal } from './terminal.js';

process.exitCode = (await runOnPinnedNode()) ?? (await runHere());

function runHere(): Promise<number> {
  const controller = new AbortController();
  // The first Ctrl-C ends the waiting in order, the second one ends at once.
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  });
  process.on('SIGTERM', () => controller.abort());
  // A reader such as `head` that has seen enough is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return runCli(process.argv.slice(2), { terminal: terminalOf(controller.signal), signal: controller.signal, version: PRODUCT_VERSION });
}

function terminalOf(signal: AbortSignal): Terminal {
  const canAsk = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
    isScreen: process.stderr.isTTY === true && process.env['TERM'] !== 'dumb',
    ask: canAsk ? question => ask(question, signal) : undefined,
    // Some terminals say 0 when they do not know.
    columns: process.stderr.columns || 80
  };
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await reader.question(question, { signal });
  } catch {
    return '';
  } finally {
    reader.close();
  }
}
