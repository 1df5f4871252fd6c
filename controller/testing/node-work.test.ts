import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExecEvent } from '@jupyterlab-vcp/sdk/wire';
import type { Actor, Caller, ExecSpec, NodeAddress, NodeShell, ProviderCatalog, Store } from '../src/domain/index.js';
import { NodeWork } from '../src/operations/node-work.js';
import { openStore } from '../src/store/index.js';
import { networkRow, nodeRow, vcRow } from './doubles/rows.js';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = { now: () => 1000 };
const ada: Caller = { actor: { user: 'ada', project: 'personal', role: 'user' }, origin: { cell: 'c1' } };
const as = (actor: Partial<Actor>): Caller => ({ ...ada, actor: { ...ada.actor, ...actor } });
const never = new AbortController().signal;

let folder: string;
let store: Store;
let shell: { readonly calls: unknown[][]; events: (spec: ExecSpec) => AsyncIterable<ExecEvent> };
let work: NodeWork;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcp-node-work-'));
  store = await openStore({ folder, clock, log: silent });
  await store.transaction(async tx => {
    await tx.putVc(vcRow({ document: { version: 1, name: 'genome', units: [{ name: 'compute', provider: 'local', flavor: 'small', count: 2, apps: { web: { services: { main: { image: 'x' } } } } }] } }));
    await tx.putNetwork(networkRow({ gatewayNodeId: 'nd-compute-1' }));
    await tx.putNode(nodeRow({ hostKey: 'ssh-ed25519 AAAA' }));
    await tx.putNode(nodeRow({ number: 2, hostKey: 'ssh-ed25519 BBBB', region: 'two' }));
    await tx.putNode(nodeRow({ number: 3, hostKey: undefined }));
  });
  const calls: unknown[][] = [];
  shell = {
    calls,
    events: async function* (spec) {
      yield { type: 'started', exec: spec.id, node: 'compute-1' };
      yield { type: 'exit', code: 4, timedOut: false, outcome: 'exited', durationMs: 1 };
    }
  };
  const note = <T>(name: string, value: T) => async (...args: unknown[]): Promise<T> => { calls.push([name, ...args]); return value; };
  const double: Partial<NodeShell> = {
    exec: (node, spec) => { calls.push(['exec', node, spec]); return shell.events(spec); },
    attach: (node, id, from) => { calls.push(['attach', node, id, from]); return shell.events({ id, command: '', env: {} }); },
    cancel: note('cancel', undefined), copyTo: note('copyTo', undefined), copyFrom: note('copyFrom', Readable.from(['x'])), apps: note('apps', []), ensureImages: note('ensureImages', undefined),
    ensureApp: note('ensureApp', []), removeContainer: note('removeContainer', undefined), appLogs: note('appLogs', 'line'), access: node => ({ host: node.address, port: 22, user: 'root', hostKey: node.hostKey, identityFile: '/k' })
  };
  const catalog = { list: () => [], get: () => ({ regions: [{ name: 'one', title: 'One', reach: 'direct' }, { name: 'two', title: 'Two', reach: 'gateway' }] }) } as unknown as ProviderCatalog;
  let count = 0;
  work = new NodeWork({ store, shell: double as NodeShell, catalog, ids: { next: prefix => `${prefix}${String((count += 1)).padStart(12, '0')}` }, clock, log: silent });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function all(events: AsyncIterable<ExecEvent>): Promise<readonly ExecEvent[]> {
  const list: ExecEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}
const addressOf = (index = 0): NodeAddress => shell.calls[index]![1] as NodeAddress;

describe('NodeWork', () => {
  it('keeps who ran what where before the reader learns the id, and how it ended', async () => {
    const events = work.exec(ada, 'genome', 'compute-1', { command: 'true', env: { A: 'b' } }, never)[Symbol.asyncIterator]();
    const started = await events.next();
    expect(started.value).toEqual({ type: 'started', exec: 'ex000000000001', node: 'compute-1' });
    expect(await store.read(reader => reader.exec('ex000000000001'))).toMatchObject({ state: 'started', nodeId: 'nd-compute-1', actor: 'ada', project: 'personal', origin: { cell: 'c1' }, startedAt: 1000 });
    expect((await events.next()).value).toMatchObject({ type: 'exit', code: 4 });
    await events.next();
    await expect.poll(() => store.read(reader => reader.exec('ex000000000001'))).toMatchObject({ state: 'exited', exitCode: 4, endedAt: 1000 });
    expect(shell.calls).toEqual([['exec', expect.objectContaining({ nodeId: 'nd-compute-1', hostKey: 'ssh-ed25519 AAAA' }), { id: 'ex000000000001', command: 'true', env: { A: 'b' } }]]);
  });

  it('finds a virtual cloud and a node by name and by id', async () => {
    for (const [vc, node] of [['genome', 'compute-1'], ['vc000000000001', 'nd-compute-1']] as const) await all(work.exec(ada, vc, node, { command: 'x' }, never));
    expect(shell.calls).toHaveLength(2);
  });

  it('reaches a node without a route through the gateway of its region', async () => {
    await all(work.exec(ada, 'genome', 'compute-2', { command: 'x' }, never));
    expect(addressOf()).toMatchObject({ nodeId: 'nd-compute-2', jump: { nodeId: 'nd-compute-1', hostKey: 'ssh-ed25519 AAAA' } });
  });

  it('says why a node cannot be reached yet, and what does not exist', async () => {
    await expect(all(work.exec(ada, 'genome', 'compute-3', { command: 'x' }, never))).rejects.toMatchObject({ code: 'node_unreachable' });
    await expect(all(work.exec(ada, 'genome', 'compute-9', { command: 'x' }, never))).rejects.toMatchObject({ code: 'not_found' });
    await expect(all(work.exec(ada, 'other', 'compute-1', { command: 'x' }, never))).rejects.toMatchObject({ code: 'not_found' });
    await expect(work.cancelExec(ada, 'ex-none')).rejects.toMatchObject({ code: 'not_found' });
    expect(shell.calls).toEqual([]);
  });

  it('shows nothing of it to people of another project', async () => {
    await all(work.exec(ada, 'genome', 'compute-1', { command: 'x' }, never));
    const eve = as({ user: 'eve', project: 'other' });
    shell.calls.length = 0;
    await expect(all(work.exec(eve, 'vc000000000001', 'compute-1', { command: 'x' }, never))).rejects.toMatchObject({ code: 'not_found' });
    await expect(all(work.attach(eve, 'ex000000000001', { stdout: 0, stderr: 0 }, never))).rejects.toMatchObject({ code: 'not_found' });
    await expect(work.cancelExec(eve, 'ex000000000001')).rejects.toMatchObject({ code: 'not_found' });
    await expect(work.sshAccess(eve, 'vc000000000001', 'compute-1')).rejects.toMatchObject({ code: 'not_found' });
    await expect(work.containers(eve, 'vc000000000001', 'compute-1', never)).rejects.toMatchObject({ code: 'not_found' });
    expect(shell.calls).toEqual([]);
  });

  it('follows and ends an earlier command, as long as its node is there', async () => {
    await all(work.exec(ada, 'genome', 'compute-1', { command: 'x' }, never));
    await all(work.attach(ada, 'ex000000000001', { stdout: 5, stderr: 6 }, never));
    await work.cancelExec(ada, 'ex000000000001');
    expect(shell.calls.slice(1)).toEqual([['attach', expect.anything(), 'ex000000000001', { stdout: 5, stderr: 6 }], ['cancel', expect.anything(), 'ex000000000001']]);
    await store.transaction(async tx => tx.putNode(nodeRow({ hostKey: 'x', state: 'deleted' })));
    await expect(work.cancelExec(ada, 'ex000000000001')).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('is gone') });
  });

  it('leaves a unit\'s own applications alone, and brings the images of others', async () => {
    const compose = { services: { a: { image: 'x' }, b: { image: 'x' }, c: { image: 'y' } } };
    await expect(work.runContainers(ada, 'genome', 'compute-1', 'web', compose, never)).rejects.toMatchObject({ code: 'conflict' });
    await work.runContainers(ada, 'genome', 'compute-1', 'mine', compose, never);
    expect(shell.calls.map(([name]) => name)).toEqual(['ensureImages', 'ensureApp']);
    expect(shell.calls[0]![2]).toEqual(['x', 'y']);
  });

  it('passes files, logs and access on', async () => {
    await work.copyTo(ada, 'genome', 'compute-1', '/srv', Readable.from(['x']), never);
    await work.copyFrom(ada, 'genome', 'compute-1', '/srv', never);
    expect(await work.containerLogs(ada, 'genome', 'compute-1', 'web-main', 5, never)).toBe('line');
    await work.removeContainer(ada, 'genome', 'compute-1', 'web-main', never);
    expect(await work.sshAccess(ada, 'genome', 'compute-1')).toMatchObject({ host: '10.64.0.10', hostKey: 'ssh-ed25519 AAAA' });
    expect(shell.calls.map(([name]) => name)).toEqual(['copyTo', 'copyFrom', 'appLogs', 'removeContainer']);
  });
});
