import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { compileCacheDir } from '../compile-cache.js';
import { OutputBudget } from '../output-budget.js';
import type { IoWorkerData, ToIo } from '../thread-messages.js';
import { readConnectionFile } from './connection-file.js';
import { IoServer } from './io-server.js';
import { KernelSockets } from './kernel-sockets.js';
import { watchParent } from './parent-watch.js';

enableCompileCache(compileCacheDir());
const main = parentPort;
if (!main) throw new Error('This file is a worker of the kernel.');
const { connectionFile, version, budget } = workerData as IoWorkerData;
// The streams of the process belong to the cells, so the log of the protocol goes to the terminal beneath them.
const log = (text: string): void => (process as unknown as { _rawDebug(text: string): void })._rawDebug(`vcp kernel: ${text}`);
// An error that escapes in this thread takes the process down with a crash of the ZeroMQ binding.
process.on('uncaughtException', (error) => log(error.stack ?? error.message));
process.on('unhandledRejection', (error) => log(error instanceof Error ? (error.stack ?? error.message) : String(error)));

const info = readConnectionFile(connectionFile);
const sockets: KernelSockets = new KernelSockets(info.key, {
  onMessage: (channel, message) => server.onMessage(channel, message),
  onError: (what, error) => log(`${what}: ${error instanceof Error ? error.message : String(error)}`)
});
const server = new IoServer({ sockets, main, version, budget: new OutputBudget(budget), log });
main.on('message', (message: ToIo) => server.onMainMessage(message));
watchParent(() => void server.shutdown(0));
try {
  await sockets.open(info);
  server.announce();
} catch (error) {
  log(`the sockets cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
  void server.shutdown(1);
}
