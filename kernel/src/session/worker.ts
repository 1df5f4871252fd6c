import { enableCompileCache, flushCompileCache } from 'node:module';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { compileCacheDir } from '../compile-cache.js';
import { HeapKeeper } from './heap-keeper.js';
import { serveSession, threadPort } from './session-port.js';

enableCompileCache(compileCacheDir());
// Loaded after the cache is on: the compiler is most of what there is to load.
const { TypeScriptSession } = await import('./typescript-session.js');
const { MAGIC_SPECS } = await import('../magics/specs.js');

// `gc` is there because the kernel exposes it to new threads. The last-resort kind gives memory back to the system.
const heap = new HeapKeeper(() => void globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' }));
const onAnswered = (): void => heap.afterAnswer();
const session = new TypeScriptSession(MAGIC_SPECS, {
  onWarm: () => {
    // Kept now, and not at the end: what the first cells need is compiled, and the thread may be ended without notice.
    flushCompileCache();
    onAnswered();
  }
});
if (parentPort) serveSession(session, threadPort(parentPort), onAnswered);
serveSession(session, threadPort((workerData as { readonly port: MessagePort }).port), onAnswered);
