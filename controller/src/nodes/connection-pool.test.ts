import { afterEach, describe, expect, it, vi } from 'vitest';
import type { NodeAddress } from '../domain/index.js';
import { ConnectionPool } from './connection-pool.js';
import { NodeConnection } from './node-connection.js';
import { unreachable } from './node-errors.js';

const node: NodeAddress = { nodeId: 'nd1', name: 'n-1', vcId: 'vc1', address: '10.64.0.10', hostKey: 'ssh-ed25519 AAAA' };

/** A connection of which only the life counts. */
function living(): NodeConnection {
  const connection = { alive: true, onClosed: () => () => undefined, close(): void { connection.alive = false; } };
  return connection as unknown as NodeConnection;
}

afterEach(() => { vi.restoreAllMocks(); });

describe('ConnectionPool', () => {
  it('gives all that waited for a try that failed the same living connection', async () => {
    let failFirst = (_error: Error): void => undefined;
    const open = vi.spyOn(NodeConnection, 'open')
      .mockImplementationOnce(() => new Promise((_resolve, reject) => { failFirst = reject; }))
      .mockImplementation(() => Promise.resolve(living()));
    const pool = new ConnectionPool({ privateKey: '', port: 22 });
    const first = pool.connect(node, undefined);
    const waiting = [pool.connect(node, undefined), pool.connect(node, undefined), pool.connect(node, undefined)];
    failFirst(unreachable('n-1', 'not yet.'));
    await expect(first).rejects.toMatchObject({ code: 'node_unreachable' });
    const connections = await Promise.all(waiting);
    expect(new Set(connections).size).toBe(1);
    expect(connections[0]?.alive).toBe(true);
    expect(open).toHaveBeenCalledTimes(2);
  });

  it('makes no connection once it is closed', async () => {
    let fail = (_error: Error): void => undefined;
    const open = vi.spyOn(NodeConnection, 'open').mockImplementation(() => new Promise((_resolve, reject) => { fail = reject; }));
    const pool = new ConnectionPool({ privateKey: '', port: 22 });
    const waiting = Promise.allSettled([pool.connect(node, undefined), pool.connect(node, undefined)]);
    pool.close();
    fail(unreachable('n-1', 'not yet.'));
    expect((await waiting).map(result => result.status)).toEqual(['rejected', 'rejected']);
    await expect(pool.connect(node, undefined)).rejects.toMatchObject({ code: 'node_unreachable' });
    expect(open).toHaveBeenCalledTimes(1);
  });
});
