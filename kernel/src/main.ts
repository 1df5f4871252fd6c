import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { compileCacheDir } from './compile-cache.js';
import { Inbox } from './inbox.js';
import { OutputBudget } from './output-budget.js';
import { SupervisedSession } from './session/supervised-session.js';
import type { IoWorkerData, ToIo } from './thread-messages.js';

enableCompileCache(compileCacheDir());

const [connectionFile] = process.argv.slice(2);
if (!connectionFile) {
  process.stderr.write('Usage: kernel.mjs CONNECTION_FILE\nJupyter starts the kernel; see the kernelspec "vcp".\n');
  process.exit(2);
}

const here = new URL('.', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('kernel-package.json', here), 'utf8')) as { readonly version: string };
const cwd = process.cwd();

// New threads begin with room for 16 MB of young objects: reading the libraries otherwise collects garbage for 100 ms.
setFlagsFromString('--min-semi-space-size=16');
// The language engine collects its garbage itself, between cells.
setFlagsFromString('--expose-gc');
// The other threads start before this one loads what cells need: the kernel answers while that goes on.
const budget = new OutputBudget();
const workerData: IoWorkerData = { connectionFile, version, budget: budget.buffer };
const io = new Worker(new URL('io-worker.mjs', here), { workerData, execArgv: [] });
const inbox = new Inbox(io);
const toIo = (message: ToIo): void => io.postMessage(message, message.type === 'session' ? [message.port] : []);
const session = new SupervisedSession({ workerFile: new URL('session-worker.mjs', here), onPort: (port) => toIo({ type: 'session', port }) });
void session.open({ cwd, typesDir: fileURLToPath(new URL('types', here)) }).catch(() => undefined);

// Loading the rest now would only delay the first answer, for which the processors are busy.
await inbox.opened;
const { startCellThread } = await import('./cell-thread.js');
startCellThread({ io, inbox, session, budget, cwd, toIo, environment: process.env });
