import { createNodeShell } from './nodes.mjs';
import { execSync } from 'node:child_process';
export const shell = await createNodeShell({ home: '/tmp/nodesdev/home', clock: { now: () => Date.now() }, images: { find: async () => undefined } });
export const node = i => ({ nodeId: `nd-${i}`, name: `n-${i}`, vcId: 'vc', address: `10.98.7.1${i}`, hostKey: execSync(`docker logs vcp-nd-${i} 2>/dev/null | grep VCP-HOSTKEY`).toString().trim().split(' ').slice(1).join(' ') });
export const sig = () => AbortSignal.timeout(30000);
let seq = Date.now();
export async function ex(n, command, o = {}) { const ev = []; for await (const e of shell.exec(n, { id: `ex-${(seq++).toString(36)}`, command, env: {}, ...o }, sig())) ev.push(e); return ev; }
