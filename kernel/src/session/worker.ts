import { enableCompileCache, flushCompileCache } from 'node:module';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { compileCacheDir } from '../compile-cache.js';
import { serveSession, threadPort } from './session-port.js';

enableCompileCache(compileCacheDir());
// Loaded after the cache is on: the compiler is most of what there is to load.
const { TypeScriptSession } = await import('./typescript-session.js');
const { MAGIC_SPECS } = await import('../magics/specs.js');

// Kept now, and not at the end: what the first cells need is compiled, and the thread may be ended without notice.
const session = new TypeScriptSession(MAGIC_SPECS, { onWarm: flushCompileCache });
if (parentPort) serveSession(session, threadPort(parentPort));
serveSession(session, threadPort((workerData as { readonly port: MessagePort }).port));
