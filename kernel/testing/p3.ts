import { ProtocolClient } from './protocol-client.js';
import { readFileSync } from 'node:fs';
const rss=(p:number)=>Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${p}/status`,'utf8'))![1])/1024|0;
const k = await ProtocolClient.start(); await k.execute('let i=1'); await new Promise(r=>setTimeout(r,1000)); console.log('rss at rest', rss(k.pid));
const med=(a:number[])=>a.sort((x,y)=>x-y)[a.length>>1]!.toFixed(1);
for (const N of [100,200,500,1000]) { const A:number[]=[]; for (let n=0;n<(N===100?100:N===200?100:N===500?300:500);n++){ const t=performance.now(); await k.execute(n%2?`i + ${n}`:`const v${n} = {a:${n}}; function f${n}(x: number) { return v${n}.a + x }`); A.push(performance.now()-t);} A.sort((x,y)=>x-y); console.log('after',N,'median',med(A),'p95',A[A.length*0.95|0]!.toFixed(0),'max',A.at(-1)!.toFixed(0),'rss',rss(k.pid)); }
await new Promise(r=>setTimeout(r,1000)); console.log('rss later', rss(k.pid));
await k.shutdown(); process.exit(0);
