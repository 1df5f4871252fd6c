import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearSocket, runtimeSocket } from './runtime-socket.js';

const uid = process.getuid!();
let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'vcp-run-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const place = (environment: Readonly<Record<string, string>> = {}) => ({ environment, uid, temporaryFolder: folder });

describe('runtimeSocket', () => {
  it('is in the runtime folder of the session, one a data folder', () => {
    const runtime = join(folder, 'run');
    mkdirSync(runtime, { mode: 0o700 });
    const path = runtimeSocket('/home/ada/vcp', place({ XDG_RUNTIME_DIR: runtime }));
    expect(path).toMatch(new RegExp(`^${runtime}/vcp-[0-9a-f]{16}\\.sock$`));
    expect(runtimeSocket('/home/ada/vcp', place({ XDG_RUNTIME_DIR: runtime }))).toBe(path);
    expect(runtimeSocket('/home/ada/vcp2', place({ XDG_RUNTIME_DIR: runtime }))).not.toBe(path);
  });

  it('is in a private folder of its own where the session has none', () => {
    expect(runtimeSocket('/h', place())).toContain(join(folder, `vcp-${uid}`));
    expect(statSync(join(folder, `vcp-${uid}`)).mode & 0o777).toBe(0o700);
  });

  it('does not use a runtime folder that others can enter', () => {
    const open = join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    expect(runtimeSocket('/h', place({ XDG_RUNTIME_DIR: open }))).not.toContain(open);
  });

  it('refuses its own folder when it is open to others or a link', () => {
    const own = join(folder, `vcp-${uid}`);
    mkdirSync(own);
    chmodSync(own, 0o777);
    expect(() => runtimeSocket('/h', place())).toThrowError(expect.objectContaining({ code: 'forbidden' }));
    rmSync(own, { recursive: true });
    mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(folder, 'elsewhere'), own);
    expect(() => runtimeSocket('/h', place())).toThrowError(expect.objectContaining({ code: 'forbidden' }));
  });

  it('refuses a path that is too long for a socket', () => {
    expect(() => runtimeSocket('/h', place(), `/${'x'.repeat(108)}`)).toThrowError(expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('109 bytes') }));
  });
});

describe('clearSocket', () => {
  it('removes no file that is not a socket', () => {
    const file = join(folder, 'important');
    writeFileSync(file, 'x');
    expect(() => clearSocket(file)).toThrowError(expect.objectContaining({ code: 'conflict' }));
    expect(() => clearSocket(join(folder, 'nothing'))).not.toThrow();
  });
});
