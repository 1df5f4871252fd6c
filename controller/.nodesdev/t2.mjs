import { shell, node, sig, ex } from './try.mjs';
console.log(await ex(node(1), 'env; cat', { container: 't1', env: { A: '1', LINES: 'one\ntwo' }, stdin: 'abc' }));
console.log(await shell.copyFrom(node(1), '/no/such', sig()).catch(e => e));
await shell.close();
