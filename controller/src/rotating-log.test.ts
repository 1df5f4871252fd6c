import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { controllerLog } from './controller-log.js';
import { RotatingLog } from './rotating-log.js';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'vcp-log-')); });
afterEach(() => rmSync(folder, { recursive: true }));

describe('RotatingLog', () => {
  it('keeps the newest lines and three older files', () => {
    const log = new RotatingLog(join(folder, 'logs', 'x.log'), 30);
    for (let number = 1; number <= 20; number += 1) log.write(`line ${String(number).padStart(4, '0')}\n`);
    log.close();
    expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['x.log', 'x.log.1', 'x.log.2', 'x.log.3']);
    const text = ['x.log.3', 'x.log.2', 'x.log.1', 'x.log'].map(name => readFileSync(join(folder, 'logs', name), 'utf8')).join('');
    expect(text.endsWith('line 0020\n')).toBe(true);
    expect(text.split('\n').filter(line => line !== '')).toHaveLength(11);
  });

  it('goes on where an earlier controller stopped', () => {
    for (const word of ['first', 'second']) {
      const log = new RotatingLog(join(folder, 'x.log'), 1000);
      log.write(`${word}\n`);
      log.close();
    }
    expect(readFileSync(join(folder, 'x.log'), 'utf8')).toBe('first\nsecond\n');
  });
});

describe('controllerLog', () => {
  it('writes JSON for programs and short lines for people, with the cause of an error', () => {
    const people: string[] = [];
    const file = new RotatingLog(join(folder, 'x.log'), 100_000);
    const log = controllerLog('info', file, line => people.push(line));
    log.debug({ secret: 1 }, 'not wanted');
    log.error({ err: new VcpError('internal', 'outside', { cause: new TypeError('inside') }), operation: 'op-1' }, 'it broke');
    file.close();
    const [line] = readFileSync(join(folder, 'x.log'), 'utf8').trim().split('\n').map(text => JSON.parse(text) as object);
    expect(line).toMatchObject({ level: 'error', msg: 'it broke', operation: 'op-1', err: { code: 'internal', message: 'outside', cause: { type: 'TypeError', message: 'inside' } } });
    expect(people).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d error it broke {2}operation=op-1 {2}outside\n$/)]);
  });
});
