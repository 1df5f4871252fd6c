import ssh2 from 'ssh2'; import { readFileSync } from 'node:fs';
const cipher = process.argv[2];
const c = new ssh2.Client(); await new Promise((r, j) => c.once('ready', r).once('error', j).connect({ host: '10.98.7.11', username: 'root', privateKey: readFileSync('/tmp/nodesdev/home/ssh/id_ed25519'), algorithms: { cipher: [cipher] } }));
const ch = await new Promise((r, j) => c.exec('cat >/dev/null', (e, x) => e ? j(e) : r(x)));
const N = 200e6, buf = Buffer.alloc(65536, 7); let sent = 0; const t = performance.now();
const cpu = process.cpuUsage();
await new Promise(r => { ch.on('close', r); ch.resume(); (function w() { while (sent < N) { sent += buf.length; if (!ch.write(buf)) return ch.once('drain', w); } ch.end(); })(); });
const s = (performance.now() - t) / 1000, u = process.cpuUsage(cpu); console.log(cipher, (N / 1e6 / s).toFixed(0), 'MB/s cpu', ((u.user + u.system) / 1e6).toFixed(2)); c.end();
