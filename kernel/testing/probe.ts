import { readFileSync } from 'node:fs';
import { ProtocolClient } from './protocol-client.js';
const kernel = await ProtocolClient.start({ env: { VCP_HOME: '/tmp/team/kernel-home', JPY_SESSION_NAME: 'quick.ipynb' } });
let n = 0;
async function run(code: string, id?: string) {
  const t = performance.now();
  const r = await kernel.execute(code, { cellId: id ?? `c${n++}`, allowStdin: false });
  console.log(`>>> ${code.split('\n').slice(0, 3).join(' | ')}   [${(performance.now() - t).toFixed(0)} ms]`);
  for (const o of r.outputs) {
    const d = o.content['data'] as Record<string, string> | undefined;
    if (o.type === 'error') console.log('ERR', (o.content['traceback'] as string[]).join('\n'));
    else if (o.type === 'update_display_data') { if (process.env.V) console.log('UPD', d?.['text/plain']); else last = d?.['text/plain'] ?? ''; }
    else console.log(o.type, d?.['text/plain'] ?? o.content['text'] ?? JSON.stringify(o.content));
  }
  if (last) console.log('LAST', last); last = '';
}
let last = '';
const only = process.argv[2];
if (only) { for (const c of only.split('\n###\n')) await run(c); }
else {
  const nb = JSON.parse(readFileSync('/work/main/templates-notebooks/quickstart/quickstart.ipynb', 'utf8'));
  for (const c of nb.cells) if (c.cell_type === 'code') await run((Array.isArray(c.source) ? c.source.join('') : c.source).replaceAll('quickstart', 'kernelq'), c.id);
}
console.log('STDERR', kernel.stderr);
console.log('rc', await kernel.shutdown());
process.exit(0);
