import { extract } from 'tar-stream';
import { Readable } from 'node:stream';
import { createHash } from 'node:crypto';
import Docker from 'dockerode';
const src = new Readable().wrap(await new Docker().getImage('cl/big:1').get());
const e = extract(); let t = performance.now();
src.pipe(e);
let h = createHash('sha256'), sizes = 0, cnt = 0;
for await (const x of e) {
 if (x.header.name.endsWith('layer.tar')) { let n = 0; for await (const c of Readable.from((async function* () { for await (const k of Readable.from(x)) { h.update(k); yield k; } })(), { objectMode: false })) { n += c.length; cnt++; } console.log(n, cnt, performance.now() - t); }
 else if (x.header.name === 'manifest.json') { let n = 0; for await (const c of x) n += c.length; console.log('m', n); }
 else x.resume(); }
console.log('done', performance.now() - t);
process.exit();
