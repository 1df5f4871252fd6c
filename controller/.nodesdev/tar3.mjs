import { extract } from 'tar-stream';
import { Readable } from 'node:stream';
import { createReadStream } from 'node:fs';
const e = extract(); let t = performance.now();
createReadStream('/tmp/nodesdev/big.tar').pipe(e);
const mode = process.argv[2];
for await (const x of e) {
 if (x.header.name.endsWith('layer.tar')) { x.resume(); }
 else if (x.header.name.endsWith('.json')) { if (mode.includes('d')) await new Promise(r => setTimeout(r, 20)); let n = 0; for await (const c of mode.includes('r') ? Readable.from(x) : x) n += c.length; console.log(x.header.name, n); }
 else x.resume(); }
console.log('done', performance.now() - t);
