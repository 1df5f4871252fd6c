import { createNodeShell } from './nodes.mjs';
const s = await createNodeShell({ home: '/tmp/nodesdev/home', clock: { now: () => Date.now() }, images: { find: async () => undefined } });
console.log(s.publicKey);
