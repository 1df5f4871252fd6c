import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from './settings.js';

let home: string;
beforeEach(() => { home = mkdtempSync(join(tmpdir(), 'vcp-settings-')); });
afterEach(() => rmSync(home, { recursive: true }));

const read = (text?: string, environment: Readonly<Record<string, string>> = {}) => {
  if (text !== undefined) writeFileSync(join(home, 'settings.yml'), text);
  return readSettings({ VCP_HOME: home, ...environment });
};

describe('readSettings', () => {
  it('has defaults for everything', () => {
    expect(read()).toEqual({ home, logLevel: 'info', addressPool: '10.64.0.0/10', keptEvents: 20_000, logFileMiB: 8 });
    expect(read('# nothing\n').logLevel).toBe('info');
  });

  it('lets the environment win over the file', () => {
    expect(read('logLevel: debug\naddressPool: 10.0.0.0/12\n', { VCP_LOG_LEVEL: 'error' })).toMatchObject({ logLevel: 'error', addressPool: '10.0.0.0/12' });
  });

  it('names an unknown setting with its place and the nearest known one', () => {
    expect(() => read('keptEvents: 500\nlogLevle: debug\n')).toThrowError(expect.objectContaining({ code: 'invalid_request', hint: 'Did you mean “logLevel”?', at: [expect.objectContaining({ file: join(home, 'settings.yml'), line: 2, column: 1, path: 'logLevle' })] }));
  });

  it('names a wrong value with its place, and a wrong variable', () => {
    expect(() => read('logLevel: loud\n')).toThrowError(expect.objectContaining({ at: [expect.objectContaining({ line: 1, column: 11 })] }));
    rmSync(join(home, 'settings.yml'));
    expect(() => read(undefined, { VCP_ADDRESS_POOL: '10.0.0.0' })).toThrowError(expect.objectContaining({ message: expect.stringContaining('VCP_ADDRESS_POOL is "10.0.0.0"') }));
    expect(() => read(undefined, { VCP_SOCKET: 'relative.sock' })).toThrowError(expect.objectContaining({ message: expect.stringContaining('VCP_SOCKET') }));
  });

  it('refuses what is not a mapping', () => {
    expect(() => read('- a\n')).toThrowError(expect.objectContaining({ code: 'invalid_request' }));
  });
});
