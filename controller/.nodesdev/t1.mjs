import { shell, node, sig, ex } from './try.mjs';
const n = node(1);
let t = performance.now();
await shell.waitUntilReady(n, sig()); console.log('ready', performance.now() - t);
t = performance.now(); console.log(await shell.heartbeat(n, sig()), performance.now() - t);
console.log(await ex(n, 'echo hi; echo err >&2; env; id; pwd; exit 3', { env: { A: 'b c' } }));
console.log(await ex(n, ['nonesuch']));
console.log(await ex(n, 'cat', { stdin: 'héllo ✓' }));
console.log(await ex(n, 'id; pwd; echo $HOME', { user: 'nobody', cwd:'/tmp' }));
console.log(await ex(n, 'sleep 30', { timeoutMs: 300 }));
console.log(await ex(n, 'kill -9 $$'));
console.log(await ex(n, 'id', { user: 'nope' }).catch(e => e.message));
const ts = [];
for (let i = 0; i < 200; i++) { t = performance.now(); await ex(n, 'true'); ts.push(performance.now() - t); }
ts.sort((a, b) => a - b); console.log('exec true p50', ts[100], 'p90', ts[180], 'max', ts[199]);
t = performance.now(); await Promise.all(Array.from({ length: 100 }, () => ex(n, 'true'))); console.log('100 parallel', performance.now() - t);
await shell.close();
