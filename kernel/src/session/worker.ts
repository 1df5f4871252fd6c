import { enableCompileCache } from 'node:module';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { compileCacheDir } from '../compile-cache.js';
import { serveSession, threadPort } from './session-port.js';

enableCompileCache(compileCacheDir());
// Loaded after the cache is on: the compiler is most of what there is to load.
const { TypeScriptSession } = await import('./typescript-session.js');
const { MAGIC_SPECS } = await import('../magics/specs.js');

const session = new TypeScriptSession(MAGIC_SPECS);
if (parentPort) serveSession(session, threadPort(parentPort));
serveSession(session, threadPort((workerData as { readonly port: MessagePort }).port));
