import { extract } from 'tar-stream';
import { Readable } from 'node:stream';
import Docker from 'dockerode';
const src = new Readable().wrap(await new Docker().getImage('cl/big:1').get());
const e = extract(); let t = performance.now();
src.pipe(e);
for await (const x of e) { console.log(x.header.name, x.header.type, x.header.size);
 if (x.header.name.endsWith('layer.tar')) { let n = 0; for await (const c of Readable.from(x)) n += c.length; console.log(n); }
 else x.resume(); }
console.log('done', performance.now() - t);
process.exit();
