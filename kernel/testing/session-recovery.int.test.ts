import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SupervisedSession } from '../src/session/supervised-session.js';

const dist = new URL('../dist/', import.meta.url);
const cwd = mkdtempSync(join(tmpdir(), 'vcp-session-'));
const compile = (session: SupervisedSession, code: string): ReturnType<SupervisedSession['compile']> => session.compile({ code, filename: 'cell', commit: true });

/** The real worker, whose thread ends at a certain cell as it does when memory runs out; only the first time. */
const mortalWorker = `
import { existsSync, writeFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
const mark = ${JSON.stringify(join(cwd, 'died'))};
parentPort.on('message', ({ method, argument }) => {
  if (method !== 'compile' || !argument.code.includes('fatal') || existsSync(mark)) return;
  writeFileSync(mark, '');
  process.exit(1);
});
await import(${JSON.stringify(new URL('session-worker.mjs', dist).href)});
`;

describe('a language session whose thread dies', () => {
  let ports = 0;
  let session: SupervisedSession;
  beforeAll(async () => {
    const workerFile = join(cwd, 'mortal-worker.mjs');
    writeFileSync(workerFile, mortalWorker);
    session = new SupervisedSession({ workerFile: pathToFileURL(workerFile), onPort: (port) => (ports++, port.close()) });
    await session.open({ cwd, typesDir: fileURLToPath(new URL('types', dist)) });
  });
  afterAll(async () => {
    await session.dispose();
    rmSync(cwd, { recursive: true, force: true });
  });

  it('is replaced by one that knows the notebook, and the call is repeated', async () => {
    await compile(session, 'interface Size { cpu: number }\nconst size: Size = { cpu: 2 }');
    expect((await compile(session, 'const fatal = size.cpu')).kind).toBe('compiled');
    expect(ports).toBe(2);
    expect(await compile(session, 'const wrong: string = size.cpu + fatal')).toMatchObject({ kind: 'refused', diagnostics: [{ code: 2322 }] });
  });
});
