import ssh2 from 'ssh2'; import { readFileSync } from 'node:fs'; import http from 'node:http';
const c = new ssh2.Client(); await new Promise((r, j) => c.once('ready', r).once('error', j).connect({ host: '10.98.7.11', username: 'root', privateKey: readFileSync('/tmp/nodesdev/home/ssh/id_ed25519'), algorithms: { cipher: ['aes128-gcm@openssh.com'] } }));
const mode = process.argv[2];
class A extends http.Agent { createConnection(o, cb) { c.forwardOut('127.0.0.1', 0, '10.98.7.11', 5000, (e, ch) => cb(e, e ? undefined : Object.assign(ch, { setKeepAlive() {}, setNoDelay() {}, setTimeout() {}, ref() {}, unref() {} }))); } }
const agent = mode === 'ssh' ? new A() : new http.Agent();
const call = (method, path, body, len) => new Promise((r, j) => { const q = http.request({ agent, host: '10.98.7.11', port: 5000, method, path, headers: len ? { 'content-length': len, 'content-type': 'application/octet-stream' } : { 'content-type': 'application/octet-stream' } }, s => { s.resume(); s.on('end', () => r(s)); }); q.on('error', j); body ? body(q) : q.end(); });
const s = await call('POST', '/v2/vcp/images/blobs/uploads/'); const u = new URL(s.headers.location, 'http://x');
const N = 200e6 / 65536 | 0, buf = Buffer.alloc(65536, Math.random() * 255); let i = 0;
let t = performance.now();
const p = await call('PATCH', u.pathname + u.search, q => { (function w() { while (i < N) { i++; if (!q.write(buf)) return q.once('drain', w); } q.end(); })(); }, process.argv[3] ? N * 65536 : 0);
console.log(mode, p.statusCode, performance.now() - t, 'ms'); c.end();
