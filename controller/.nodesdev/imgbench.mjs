import Docker from 'dockerode';
import { createNodeShell, dockerImageSource } from './nodes.mjs';
import { node } from './try.mjs';
import { execSync } from 'node:child_process';
const docker = new Docker(); const src = dockerImageSource(docker);
const shell = await createNodeShell({ home: '/tmp/nodesdev/home', clock: { now: () => Date.now() }, images: src, log: m => console.log('LOG', m) });
const image = 'vcp-nd-img:1';
const sig = () => AbortSignal.timeout(300000);
const fresh = async ids => { execSync(`bash /tmp/nodesdev/up.sh ${ids.join(' ')}`, { cwd: '/tmp/nodesdev' }); await new Promise(r => setTimeout(r, 1500)); const ns = ids.map(i => ({ ...node(i), nodeId: `i${i}-${Date.now()}` })); await Promise.all(ns.map(n => shell.waitUntilReady(n, sig()))); return ns; };
const time = async f => { const t = performance.now(); await f(); return (performance.now() - t) / 1000; };
let host = (await fresh([1]))[0]; // registry lives on the lowest address
const first = [], warm = [], plain = [];
for (let k = 0; k < 3; k++) {
  host = (await fresh([1]))[0];
  const three = [host, ...await fresh([2, 3])];
  first.push(await time(() => shell.ensureImages(three, [image], () => {}, sig())));
  const later = await fresh([4, 5, 6]);
  warm.push(await time(() => shell.ensureImages(later, [image], () => {}, sig())));
  await fresh([4, 5, 6]);
  plain.push(await time(async () => { for (const i of [4, 5, 6]) execSync(`docker save ${image} | docker exec -i vcp-nd-${i} docker load`, { stdio: 'pipe' }); }));
  console.log(k, first[k], warm[k], plain[k]);
}
const med = a => a.slice().sort((x, y) => x - y)[a.length >> 1].toFixed(2);
console.log('first', med(first), 'warm', med(warm), 'plain', med(plain), 'ratio', (med(warm) / med(plain)).toFixed(2), (med(first) / med(plain)).toFixed(2));
await shell.close(); process.exit(0);
