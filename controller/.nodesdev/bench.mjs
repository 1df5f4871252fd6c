import { shell, node, sig, ex } from './try.mjs';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
const nodes = [1, 2, 3].map(node);
await Promise.all(nodes.map(n => shell.waitUntilReady(n, sig())));
const kh = '/tmp/nodesdev/known_hosts';
writeFileSync(kh, nodes.map(n => `${n.address} ${n.hostKey}\n`).join(''));
const opts = ['-i', '/tmp/nodesdev/home/ssh/id_ed25519', '-o', `UserKnownHostsFile=${kh}`, '-o', 'ControlMaster=auto', '-o', 'ControlPath=/tmp/nodesdev/cm-%h', '-o', 'ControlPersist=60', '-o', 'BatchMode=yes', '-l', 'root'];
for (const n of nodes) { const r = spawnSync('ssh', [...opts, n.address, 'true']); if (r.status) console.log(r.stderr.toString()); }
const ssh = n => new Promise((res, rej) => execFile('ssh', [...opts, n.address, 'true'], e => e ? rej(e) : res()));
for (const n of nodes) await ex(n, 'true');
const med = a => a.sort((x, y) => x - y)[a.length >> 1].toFixed(2);
const one = async f => { const t = performance.now(); await f(); return performance.now() - t; };
const A = [], B = [], C = [], D = [], E = [], F = [];
for (let i = 0; i < 60; i++) { A.push(await one(() => ex(nodes[0], 'true'))); B.push(await one(() => ssh(nodes[0]))); }
for (let k = 0; k < 7; k++) {
  C.push(await one(() => Promise.all(Array.from({ length: 100 }, (_, i) => ex(nodes[i % 3], 'true')))));
  D.push(await one(() => Promise.all(Array.from({ length: 100 }, (_, i) => ssh(nodes[i % 3])))));
  E.push(await one(async () => { for (let i = 0; i < 100; i++) await ex(nodes[i % 3], 'true'); }));
  F.push(await one(async () => { for (let i = 0; i < 100; i++) await ssh(nodes[i % 3]); }));
}
console.log(`one: ours ${med(A)} ssh ${med(B)} ms; 100 parallel: ours ${med(C)} ssh ${med(D)}; 100 in a row: ours ${med(E)} ssh ${med(F)}`);
await shell.close();
