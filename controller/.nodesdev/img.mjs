import Docker from 'dockerode';
import { createNodeShell, dockerImageSource } from './nodes.mjs';
import { node, sig } from './try.mjs';
import { execSync } from 'node:child_process';
const shell = await createNodeShell({ home: '/tmp/nodesdev/home', clock: { now: () => Date.now() }, images: dockerImageSource(new Docker()), log: m => console.log('LOG', m) });
const nodes = [1, 2, 3].map(node);
await Promise.all(nodes.map(n => shell.waitUntilReady(n, AbortSignal.timeout(30000))));
const image = process.argv[2]; 
for (const k of ['first', 'again-present']) { const t = performance.now(); let last;
await shell.ensureImages(nodes, [image], (m, s) => { if (m !== last) console.log(Math.round(performance.now() - t), m, s); last = m; globalThis.P = s; }, AbortSignal.timeout(120000)); console.log(k, ((performance.now() - t) / 1000).toFixed(2)); }
for (const i of [1, 2, 3]) console.log(execSync(`docker exec vcp-nd-${i} docker images`).toString());
await shell.close();
process.exit(0);
