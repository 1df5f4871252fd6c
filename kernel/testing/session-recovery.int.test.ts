import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SupervisedSession } from '../src/session/supervised-session.js';

const dist = new URL('../dist/', import.meta.url);
const cwd = mkdtempSync(join(tmpdir(), 'vcp-session-'));
const compile = (session: SupervisedSession, code: string): ReturnType<SupervisedSession['compile']> => session.compile({ code, filename: 'cell', commit: true });

describe('a language session whose thread dies', () => {
  let ports = 0;
  let session: SupervisedSession;
  beforeAll(() => {
    session = new SupervisedSession({ workerFile: new URL('session-worker.mjs', dist), onPort: (port) => (ports++, port.close()), heapStepsMb: [130, 1000] });
  });
  afterAll(async () => {
    await session.dispose();
    rmSync(cwd, { recursive: true, force: true });
  });

  it('is replaced by one with more memory that knows the notebook, and repeats the call', async () => {
    await session.open({ cwd, typesDir: fileURLToPath(new URL('types', dist)) });
    await compile(session, 'interface Size { cpu: number }\nconst size: Size = { cpu: 2 }');
    // So many properties do not fit into the first heap.
    const wide = `const wide = { ${Array.from({ length: 60_000 }, (_, i) => `property${i}: ${i}`).join(', ')} }; size.cpu`;
    expect((await compile(session, wide)).kind).toBe('compiled');
    expect(ports).toBe(2);
    expect((await compile(session, 'size.cpu + wide.property7')).kind).toBe('compiled');
    expect(await compile(session, 'const wrong: string = size.cpu')).toMatchObject({ kind: 'refused', diagnostics: [{ code: 2322 }] });
  });
});
