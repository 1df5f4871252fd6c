import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const eslint = new ESLint({ cwd: new URL('..', import.meta.url).pathname });

async function messagesFor(filePath: string, code: string): Promise<readonly string[]> {
  const [result] = await eslint.lintText(`${code}\n`, { filePath });
  return (result?.messages ?? []).filter(message => message.ruleId === 'boundaries/dependencies').map(message => message.message);
}

const planted: readonly (readonly [what: string, file: string, code: string, teaches: RegExp])[] = [
  ['a tier-2 room importing another', 'controller/src/nodes/planted.ts', `import * as x from '../clouds/index.js'; export { x };`, /nodes may not import clouds/],
  ['the store importing the nodes', 'controller/src/store/planted.ts', `import * as x from '../nodes/index.js'; export { x };`, /store may not import nodes/],
  ['the domain importing upwards, even a type', 'controller/src/domain/planted.ts', `import type * as x from '../operations/index.js'; export type { x };`, /domain may not import operations/],
  ['a way past a door', 'controller/src/http/planted.ts', `import { planVc } from '../domain/ports.js'; export { planVc };`, /by its door/],
  ['Fastify outside http', 'controller/src/operations/planted.ts', `import fastify from 'fastify'; export { fastify };`, /fastify belongs to http/],
  ['ssh2 outside nodes', 'controller/src/clouds/planted.ts', `import ssh2 from 'ssh2'; export { ssh2 };`, /ssh2 belongs to nodes/],
  ['I/O in the domain', 'controller/src/domain/planted.ts', `import { readFileSync } from 'node:fs'; export { readFileSync };`, /domain\/ has no I\/O/],
  ['the kernel importing the controller', 'kernel/src/planted.ts', `import * as x from '../../controller/src/domain/index.js'; export { x };`, /kernel may not import domain|by its door/],
  ['the wire importing the client', 'sdk/src/wire/planted.ts', `import * as x from '../client/index.js'; export { x };`, /wire may not import sdk/]
];

describe('the rules of the house', () => {
  it.each(planted)('refuse %s', async (_what, file, code, teaches) => {
    expect((await messagesFor(file, code)).join('\n')).toMatch(teaches);
  });

  it('are silent about legal imports', async () => {
    expect(await messagesFor('controller/src/http/planted.ts', `import * as x from '../domain/index.js'; import * as y from '@jupyterlab-vcp/sdk/wire'; import fastify from 'fastify'; export { x, y, fastify };`)).toEqual([]);
    expect(await messagesFor('controller/src/nodes/planted.ts', `import * as x from '../domain/index.js'; import ssh2 from 'ssh2'; export { x, ssh2 };`)).toEqual([]);
  });
});
