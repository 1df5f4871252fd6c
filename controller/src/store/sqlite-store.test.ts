import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VcpEvent } from '@jupyterlab-vcp/sdk/wire';
import { networkRow, nodeRow, operationRow, vcRow } from '../../testing/doubles/rows.js';
import type { Store } from '../domain/index.js';
import { openStore, type OpenStoreOptions } from './index.js';
import { MIGRATIONS } from './migrations.js';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let folder: string;
let opened: Store[];
let now: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcp-store-'));
  opened = [];
  now = 1_000_000;
});
afterEach(async () => {
  for (const store of opened) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(change: Partial<OpenStoreOptions> = {}): Promise<Store> {
  const store = await openStore({ folder, clock: { now: () => now }, log: silent, ...change });
  opened.push(store);
  return store;
}

describe('the store', () => {
  it('keeps rows over a restart, counts the start and keeps the installation', async () => {
    const first = await open();
    await first.transaction(async tx => {
      await tx.putVc(vcRow());
      await tx.putNetwork(networkRow());
      await tx.putNode(nodeRow());
      await tx.putOperation(operationRow());
      await tx.addClaim({ resource: 'unit:x', operation: 'op000000000001' });
      await tx.addJournal({ operation: 'op000000000001', resource: 'node', act: 'create', phase: 'intent', detail: { a: 1 } });
    });
    await first.close();
    const second = await open();
    expect(second.installation).toBe(first.installation);
    expect(second.bootEpoch).toBe(first.bootEpoch + 1);
    await second.read(async reader => {
      expect(await reader.vcByName('personal', 'genome')).toEqual(vcRow());
      expect(await reader.nodes('vc000000000001')).toEqual([nodeRow()]);
      expect(await reader.operations({ limit: 10, open: true })).toEqual([operationRow()]);
      expect(await reader.claims()).toEqual([{ resource: 'unit:x', operation: 'op000000000001' }]);
      expect(await reader.journal('op000000000001')).toMatchObject([{ seq: 1, bootEpoch: first.bootEpoch, phase: 'intent', detail: { a: 1 } }]);
    });
  });

  it('shows a transaction to readers only once it is on disk, and to the next transaction at once', async () => {
    const store = await open();
    const writing = store.transaction(tx => tx.putVc(vcRow()));
    const next = store.transaction(tx => tx.vc('vc000000000001'));
    await Promise.resolve();
    expect(await store.read(reader => reader.vc('vc000000000001'))).toBeUndefined();
    await writing;
    expect(await next).toEqual(vcRow());
    expect(await store.read(reader => reader.vc('vc000000000001'))).toEqual(vcRow());
  });

  it('takes everything back when the work of a transaction throws', async () => {
    const store = await open();
    await store.transaction(async tx => { await tx.putVc(vcRow()); await tx.putOperation(operationRow()); });
    const events: VcpEvent[] = [];
    store.onEvents(list => events.push(...list));
    await expect(store.transaction(async tx => {
      await tx.putVc(vcRow({ revision: 2 }));
      await tx.addClaim({ resource: 'unit:x', operation: 'op000000000001' });
      await tx.addEvent({ type: 'vc.changed', data: {} });
      throw new Error('no');
    })).rejects.toThrow('no');
    await store.transaction(async tx => {
      expect(await tx.vc('vc000000000001')).toEqual(vcRow());
      expect(await tx.claims()).toEqual([]);
      await tx.addEvent({ type: 'vc.changed', data: {} });
    });
    expect(events.map(event => event.seq)).toEqual([1]);
  });

  it('lets one operation hold a claim and names it to the others', async () => {
    const store = await open();
    await store.transaction(async tx => {
      await tx.putVc(vcRow());
      await tx.putOperation(operationRow({ title: 'Scale compute to 4' }));
      await tx.addClaim({ resource: 'unit:x', operation: 'op000000000001' });
    });
    await expect(store.transaction(tx => tx.addClaim({ resource: 'unit:x', operation: 'op000000000002' }))).rejects.toMatchObject({ code: 'conflict', operation: 'op000000000001', message: expect.stringContaining('Scale compute to 4') as string });
    await store.transaction(tx => tx.removeClaims('op000000000001'));
    await store.transaction(async tx => { await tx.putOperation(operationRow({ id: 'op000000000002' })); await tx.addClaim({ resource: 'unit:x', operation: 'op000000000002' }); });
  });

  it('refuses two living nodes with one address, and fails all that waited behind, leaving memory as the disk is', async () => {
    const store = await open();
    await store.transaction(async tx => { await tx.putVc(vcRow()); await tx.putNetwork(networkRow()); await tx.putNode(nodeRow()); });
    const wrong = store.transaction(tx => tx.putNode(nodeRow({ id: 'nd2', number: 2, name: 'compute-2', address: '10.64.0.10' })));
    const behind = store.transaction(tx => tx.putVc(vcRow({ revision: 7 })));
    await expect(wrong).rejects.toMatchObject({ code: 'internal' });
    await behind.catch(() => undefined);
    expect((await store.transaction(tx => tx.nodes('vc000000000001'))).map(node => node.id)).toEqual([nodeRow().id]);
    const kept = await store.read(reader => reader.vc('vc000000000001'));
    expect(await store.transaction(tx => tx.vc('vc000000000001'))).toEqual(kept);
  });

  it('gives events in order after the commit and holds them for those who come back', async () => {
    const store = await open();
    const seen: number[] = [];
    store.onEvents(events => seen.push(...events.map(event => event.seq)));
    await Promise.all(Array.from({ length: 50 }, (_, index) => store.transaction(tx => tx.addEvent({ type: 'operation.log', data: { index } }))));
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    const page = await store.read(reader => reader.events(45, 3));
    expect(page).toMatchObject({ oldest: 1, newest: 50 });
    expect(page.events.map(event => event.seq)).toEqual([46, 47, 48]);
  });

  it('forgets old events, finished journals, expired keys and old tombstones, never the last event', async () => {
    const store = await open({ mostEvents: 5 });
    await store.transaction(async tx => {
      await tx.putVc(vcRow({ deletedAt: now }));
      await tx.putOperation(operationRow({ state: 'succeeded' }));
      await tx.addJournal({ operation: 'op000000000001', resource: 'n', act: 'create', phase: 'done', detail: {} });
      await tx.putIdempotency({ key: 'k', actor: 'a', bodyDigest: 'b', operation: 'op000000000001', delivered: false, expiresAt: now + 5 });
      for (let index = 0; index < 9; index += 1) await tx.addEvent({ type: 'operation.log', data: {} });
    });
    await store.transaction(tx => tx.prune(0));
    expect(await store.read(reader => reader.events(0, 100))).toMatchObject({ oldest: 5, newest: 9 });
    expect(await store.read(reader => reader.idempotency('a', 'k'))).toBeDefined();
    now += 31 * 86_400_000;
    await store.transaction(tx => tx.prune(now));
    await store.read(async reader => {
      expect(await reader.events(0, 100)).toMatchObject({ oldest: 9, newest: 9 });
      expect(await reader.idempotency('a', 'k')).toBeUndefined();
      expect(await reader.deletedVcs()).toEqual([]);
      expect(await reader.operation('op000000000001')).toBeUndefined();
    });
  });

  it('pages operations newest first with open ones from memory and finished ones from disk', async () => {
    const store = await open();
    await store.transaction(async tx => {
      await tx.putVc(vcRow());
      for (let index = 1; index <= 7; index += 1) await tx.putOperation(operationRow({ id: `op${index}`, createdAt: index, state: index % 2 === 0 ? 'succeeded' : 'running' }));
    });
    const ids = async (options: Parameters<Parameters<Parameters<Store['read']>[0]>[0]['operations']>[0]): Promise<readonly string[]> => (await store.read(reader => reader.operations(options))).map(operation => operation.id);
    expect(await ids({ limit: 3 })).toEqual(['op7', 'op6', 'op5']);
    expect(await ids({ limit: 3, after: 'op5', vcId: 'vc000000000001' })).toEqual(['op4', 'op3', 'op2']);
    expect(await ids({ limit: 9, open: true })).toEqual(['op7', 'op5', 'op3', 'op1']);
    expect(await ids({ limit: 2, open: false })).toEqual(['op6', 'op4']);
  });

  it('pages nodes by unit and number', async () => {
    const store = await open();
    await store.transaction(async tx => {
      await tx.putVc(vcRow());
      for (const number of [10, 2, 1]) await tx.putNode(nodeRow({ number }));
    });
    const page = await store.read(reader => reader.nodesPage('vc000000000001', { limit: 2 }));
    expect(page.map(node => node.name)).toEqual(['compute-1', 'compute-2']);
    expect((await store.read(reader => reader.nodesPage('vc000000000001', { limit: 2, after: 'compute:2' }))).map(node => node.name)).toEqual(['compute-10']);
  });

  it('says what a node of a flavor usually takes', async () => {
    const store = await open();
    expect(await store.read(reader => reader.expectedMs('local', 'small'))).toBeUndefined();
    await store.transaction(async tx => { await tx.addDuration('local', 'small', 1000); await tx.addDuration('local', 'small', 3000); });
    expect(await store.read(reader => reader.expectedMs('local', 'small'))).toBe(2000);
  });
});

describe('a data folder', () => {
  it('has one controller: the second is refused and told of the first', async () => {
    await open({ socket: '/run/first.sock' });
    await expect(open({ socket: '/run/second.sock' })).rejects.toMatchObject({ code: 'conflict', message: expect.stringMatching(new RegExp(`process id ${process.pid} \\(/run/first\\.sock\\), since 1970`)) as string });
  });

  it('is free again after its controller closed it', async () => {
    await (await open()).close();
    await expect(open()).resolves.toBeDefined();
  });

  it('is refused on a network file system', async () => {
    await expect(open({ fileSystemType: () => 'nfs4' })).rejects.toMatchObject({ code: 'not_supported', hint: expect.stringContaining('VCP_HOME') as string });
  });

  it('refuses a database of a newer version and leaves it as it is', async () => {
    await (await open()).close();
    const database = new DatabaseSync(join(folder, 'vcp.db'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(open()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('version 99') as string });
    await expect(open()).rejects.toMatchObject({ message: expect.stringContaining('version 99') as string });
  });

  it('is copied before a migration, and a migration that fails changes nothing', async () => {
    const first = await open();
    await first.transaction(tx => tx.putVc(vcRow()));
    await first.close();
    await expect(open({ migrations: [...MIGRATIONS, 'ALTER TABLE nodes ADD COLUMN more TEXT; SELECT nonsense;'] })).rejects.toMatchObject({ code: 'internal' });
    const second = await open({ migrations: [...MIGRATIONS, 'CREATE TABLE extra (id TEXT)'] });
    expect(await second.read(reader => reader.vc('vc000000000001'))).toEqual(vcRow());
    const copies = readdirSync(join(folder, 'backups'));
    expect(copies.length).toBeGreaterThan(0);
    const copy = new DatabaseSync(join(folder, 'backups', copies[0]!));
    expect(copy.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
    expect(copy.prepare('SELECT count(*) AS n FROM virtual_clouds').get()).toEqual({ n: 1 });
    copy.close();
  });

  it('says what to do when it cannot be written', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    await expect(open({ folder: join(folder, 'a-file', 'data') })).rejects.toMatchObject({ code: 'store_read_only' });
  });
});

describe('a full disk', () => {
  it('refuses new work, keeps what was answered, and goes on once there is room', async () => {
    const store = await open({ mostPages: 120 });
    await store.transaction(tx => tx.putVc(vcRow()));
    const large = vcRow({ document: { version: 1, name: 'genome', units: [], description: 'x'.repeat(2_000_000) } });
    await expect(store.transaction(tx => tx.putVc(large))).rejects.toMatchObject({ code: 'store_read_only' });
    expect(await store.transaction(tx => tx.vc('vc000000000001'))).toEqual(vcRow());
    await store.transaction(tx => tx.putVc(vcRow({ revision: 2 })));
    expect(await store.read(reader => reader.vc('vc000000000001'))).toEqual(vcRow({ revision: 2 }));
  });
});

describe('a controller that is killed', () => {
  it('loses no row that was acknowledged', async () => {
    const script = join(folder, 'child.mjs');
    const here = fileURLToPath(new URL('.', import.meta.url));
    const shared = { bundle: true, platform: 'node' as const, format: 'esm' as const, conditions: ['source'], banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" } };
    buildSync({ ...shared, entryPoints: [join(here, '../../testing/store-writer.ts')], outfile: script });
    buildSync({ ...shared, entryPoints: [join(here, 'commit-worker.ts')], outfile: join(folder, 'commit-worker.mjs') });
    const data = join(folder, 'data');
    const acknowledged = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      const child = spawn(process.execPath, [script, data, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        // Killed in the middle of whatever it does once it has acknowledged some.
        if (text.split('\n').length > 200 + round * 57) child.kill('SIGKILL');
      });
      await new Promise(resolve => child.on('exit', resolve));
      for (const line of text.slice(0, text.lastIndexOf('\n')).split('\n')) acknowledged.add(line);
    }
    expect(acknowledged.size).toBeGreaterThan(800);
    const store = await open({ folder: data });
    expect(store.bootEpoch).toBe(5);
    const stored = new Set((await store.read(reader => reader.vcs({ limit: 100_000 }))).map(vc => vc.id));
    expect([...acknowledged].filter(id => !stored.has(id))).toEqual([]);
    expect(execFileSync(process.execPath, ['-e', `const {DatabaseSync}=require('node:sqlite');console.log(new DatabaseSync(${JSON.stringify(join(data, 'vcp.db'))}).prepare('PRAGMA integrity_check').get().integrity_check)`]).toString().trim()).toBe('ok');
  });
});
