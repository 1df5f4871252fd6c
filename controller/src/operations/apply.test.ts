import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VcpError, type OperationView, type UnitInput, type VcInput } from '@jupyterlab-vcp/sdk/wire';
import { alice, documentOf, OperationsBench } from '../../testing/doubles/operations-bench.js';
import { providerDouble } from '../../testing/doubles/provider-double.js';
import type { Caller } from '../domain/index.js';

let bench: OperationsBench;
beforeEach(async () => { bench = await OperationsBench.start(); });
afterEach(async () => {
  expect(bench.logged.filter(line => line.startsWith('ERROR'))).toEqual([]);
  await bench.close();
});

const unit = (name: string, count: number, more: Partial<UnitInput> = {}): UnitInput => ({ name, provider: 'local', flavor: 'small', count, ...more });
const genome = (...units: readonly UnitInput[]): VcInput => ({ name: 'genome', units: [...units] });
const running = async (): Promise<readonly string[]> => (await bench.cloud.listNodes(alice, 'genome', { limit: 500 })).items.filter(node => node.state === 'running').map(node => node.name);
const keyed = (key: string): Caller => ({ ...alice, idempotencyKey: key });
const compose = (image: string): { readonly services: { readonly main: { readonly image: string } } } => ({ services: { main: { image } } });

describe('apply', () => {
  it('makes the network and the nodes and says what came up', async () => {
    const operation = await bench.apply(genome(unit('head', 1), unit('compute', 2)));
    expect(operation).toMatchObject({ state: 'succeeded', kind: 'apply', result: { summary: 'compute-1, compute-2, head-1 added: 3 nodes running (compute 2, head 1)' }, progress: { done: 4, total: 4 } });
    expect(operation.timing.cloudMs + operation.timing.oursMs + operation.timing.queuedMs).toBe(operation.timing.totalMs);
    expect(await bench.cloud.getVc(alice, 'genome')).toMatchObject({ state: 'running', revision: 1, nodes: 3, running: 3, openOperations: [], price: { currency: 'USD' } });
    expect([bench.world.machines.size, bench.world.networks.size]).toEqual([3, 1]);
  });

  it('writes intents to the disk before it acts and outcomes after', async () => {
    const { id } = await bench.apply(genome(unit('head', 1)));
    const journal = await bench.store.read(reader => reader.journal(id));
    expect(journal.map(entry => `${entry.act} ${entry.phase}`)).toEqual(['ensure-network intent', 'ensure-network done', 'create-node intent', 'create-node done', 'on-join done']);
  });

  it('does nothing the second time, and says so', async () => {
    await bench.apply(genome(unit('head', 1)));
    const calls = bench.world.calls.length;
    expect(await bench.apply(genome(unit('head', 1)))).toMatchObject({ state: 'succeeded', revision: 1, result: { summary: 'Nothing to change: 1 node running (head 1)' } });
    expect(bench.world.calls.length).toBe(calls);
  });

  it('answers with the operation that is making it so instead of beginning another', async () => {
    const gate = bench.world.hold('createNode');
    const document = documentOf(genome(unit('head', 1)));
    const first = await bench.cloud.apply(alice, 'genome', { document, allowRemove: {}, onFailure: 'keep' });
    await bench.run(gate.reached);
    const second = await bench.cloud.apply(alice, 'genome', { document, allowRemove: {}, onFailure: 'keep' });
    expect(second).toMatchObject({ attached: true, operation: { id: first.operation.id } });
    gate.open();
    expect(await bench.end(first)).toMatchObject({ state: 'succeeded' });
  });

  it('runs hooks with their variables, in order, and onJoin once a node', async () => {
    const document = genome(unit('compute', 2, { onJoin: 'join me', ready: 'is it ready', apps: { web: compose('nginx') } }));
    await bench.apply(document);
    const [one] = [...bench.world.machines.values()];
    expect([...one!.execs.values()].map(exec => exec.command)).toEqual(['join me', 'is it ready']);
    expect([...one!.execs.values()][0]!.env).toEqual({ VCP_VC: 'genome', VCP_UNIT: 'compute', VCP_NODE: 'compute-1', VCP_NODE_NUMBER: '1', VCP_ADDRESS: one!.address, VCP_NODES: [...bench.world.machines.values()].map(machine => machine.address).join(' ') });
    expect([...one!.execs.keys()][0]).toBe(`${one!.owner.nodeId}-join`);
    const order = bench.world.calls.filter(call => call.includes('compute-1')).map(call => call.split(' ')[0]);
    expect(order.indexOf('ensureApp')).toBeLessThan(order.indexOf('exec'));
  });

  it('gives every node the names of all, those too that were there before', async () => {
    await bench.apply(genome(unit('head', 1)));
    await bench.apply(genome(unit('head', 1), unit('compute', 2)));
    for (const machine of bench.world.machines.values()) expect(machine.hosts.map(host => host.name).sort()).toEqual(['compute-1', 'compute-2', 'head-1']);
  });

  it('asks “ready” until it says yes', async () => {
    let asked = 0;
    bench.world.script = () => ({ code: ++asked < 4 ? 1 : 0, output: '' });
    expect(await bench.apply(genome(unit('head', 1, { ready: 'test' })))).toMatchObject({ state: 'succeeded' });
    expect(asked).toBe(4);
  });

  it('gives up on “ready” after its time with the last words of it', async () => {
    bench.world.script = () => ({ code: 3, output: 'slurmd is not up\n' });
    const operation = await bench.apply(genome(unit('head', 1, { ready: 'test' })));
    expect(operation).toMatchObject({ state: 'failed', error: { code: 'timed_out', details: { output: 'slurmd is not up\n', exitCode: 3 } } });
    expect(operation.error!.message).toContain('head-1 was not ready after 10 minutes: slurmd is not up');
  });

  it('refuses what a provider cannot do before anything is done', async () => {
    await expect(bench.apply(genome(unit('head', 1, { override: { colour: 'red' } })))).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(bench.apply(genome(unit('head', 1, { provider: 'locl' })))).rejects.toMatchObject({ code: 'not_found', hint: 'Did you mean “local”?' });
    await expect(bench.cloud.getVc(alice, 'genome')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('refuses at once when the provider is away, naming the way out, and warns in the plan', async () => {
    bench.world.available = false;
    await expect(bench.apply(genome(unit('head', 1)))).rejects.toMatchObject({ code: 'provider_unavailable', hint: 'Switch it on.' });
    expect((await bench.cloud.plan(alice, 'genome', documentOf(genome(unit('head', 1))))).warnings).toEqual(['Cloud local is not available: it is switched off']);
  });

  it('refuses a document under another name than the one addressed', async () => {
    await expect(bench.cloud.apply(alice, 'other-name', { document: documentOf(genome()), allowRemove: {}, onFailure: 'keep' })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('goes to another range when somebody else’s network is in the way', async () => {
    bench.world.fail('ensureNetwork', { error: new VcpError('conflict', 'The range overlaps with docker0.') });
    expect(await bench.apply(genome(unit('head', 1)))).toMatchObject({ state: 'succeeded' });
    const plan = await bench.cloud.plan(alice, 'genome', documentOf(genome(unit('head', 1))));
    expect(plan.changes).toEqual([]);
    const [network] = [...bench.world.networks.values()];
    const vc = await bench.cloud.getVc(alice, 'genome');
    expect(network!.cidr).not.toBe(`${vc.cidr.split('/')[0]}/22`);
    expect((await bench.cloud.getNode(alice, 'genome', 'head-1')).address).toBe(network!.cidr.replace('.0/22', '.10'));
  });
});

describe('quota', () => {
  it('refuses more than there is room for and shows it in the plan', async () => {
    const small = await OperationsBench.start({ providers: world => [providerDouble(world, 'local', { nodes: 2 })] });
    await expect(small.apply(genome(unit('head', 3)))).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect((await small.cloud.plan(alice, 'genome', documentOf(genome(unit('head', 3))))).quota).toEqual([expect.objectContaining({ resource: 'nodes', needed: 3, limit: 2, enough: false })]);
    await small.close();
  });
});

describe('scale', () => {
  beforeEach(async () => { await bench.apply(genome(unit('compute', 2))); });
  const scale = (count: number, allowRemove: Readonly<Record<string, number>> = {}): Promise<OperationView> => bench.end(bench.cloud.scale(alice, 'genome', 'compute', { count, allowRemove }));

  it('adds and removes the highest numbers, and the same names come again', async () => {
    expect(await scale(3)).toMatchObject({ title: 'Scale compute to 3', result: { added: ['compute-3'] } });
    expect(await scale(1, { compute: 2 })).toMatchObject({ result: { removed: ['compute-2', 'compute-3'], summary: 'compute-2, compute-3 removed: 1 node running (compute 1)' } });
    await scale(2);
    expect(await running()).toEqual(['compute-1', 'compute-2']);
    expect(bench.world.machines.size).toBe(2);
  });

  it('removes nothing that was not allowed, and names the flag to give', async () => {
    await expect(scale(0, { compute: 1 })).rejects.toMatchObject({ code: 'removal_not_allowed', hint: expect.stringContaining('--allow-remove compute:2') as string, details: { allowRemove: { compute: 2 }, plan: { removals: { compute: 2 } } } });
    expect(await running()).toHaveLength(2);
  });

  it('drops the network with its last node and makes it again', async () => {
    await scale(0, { compute: 2 });
    expect([bench.world.networks.size, (await bench.cloud.getVc(alice, 'genome')).state]).toEqual([0, 'empty']);
    await scale(1);
    expect([bench.world.networks.size, await running()]).toEqual([1, ['compute-1']]);
  });

  it('finds the nearest unit for a mistyped one', async () => {
    await expect(bench.cloud.scale(alice, 'genome', 'comptue', { count: 3, allowRemove: {} })).rejects.toMatchObject({ code: 'not_found', hint: 'Did you mean “compute”?' });
  });

  it('adds to and takes by name from what is wanted', async () => {
    await bench.end(bench.cloud.addNodes(alice, 'genome', 'compute', { count: 2 }));
    const removed = await bench.end(bench.cloud.removeNodes(alice, 'genome', { names: ['compute-2'], allowRemove: { compute: 1 } }));
    expect(removed).toMatchObject({ state: 'succeeded', result: { removed: ['compute-2'] } });
    expect(await running()).toEqual(['compute-1', 'compute-3', 'compute-4']);
    expect((await bench.cloud.exportVc(alice, 'genome')).units[0]!.count).toBe(3);
  });
});

describe('units', () => {
  it('come into the document of the virtual cloud and go out of it', async () => {
    await bench.end(bench.cloud.createUnit(alice, 'genome', { unit: documentOf(genome(unit('head', 1))).units[0]! }));
    await bench.end(bench.cloud.createUnit(alice, 'genome', { unit: documentOf(genome(unit('compute', 1))).units[0]! }));
    expect((await bench.cloud.exportVc(alice, 'genome')).units.map(found => found.name)).toEqual(['head', 'compute']);
    await bench.end(bench.cloud.deleteUnit(alice, 'genome', 'head', { head: 1 }));
    expect((await bench.cloud.exportVc(alice, 'genome')).units.map(found => found.name)).toEqual(['compute']);
    expect(await running()).toEqual(['compute-1']);
  });

  it('are not overwritten by another one of the same name', async () => {
    const [first] = documentOf(genome(unit('head', 1))).units;
    await bench.end(bench.cloud.createUnit(alice, 'genome', { unit: first! }));
    expect(await bench.end(bench.cloud.createUnit(alice, 'genome', { unit: first! }))).toMatchObject({ result: { summary: expect.stringContaining('Nothing to change') as string } });
    await expect(bench.cloud.createUnit(alice, 'genome', { unit: { ...first!, count: 2 } })).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('two people at once', () => {
  beforeEach(async () => { await bench.apply(genome(unit('head', 1), unit('compute', 1))); });

  it('work on different units side by side and wait for each other on the same', async () => {
    const gate = bench.world.hold('createNode', 'compute-2');
    const first = await bench.cloud.scale(alice, 'genome', 'compute', { count: 2, allowRemove: {} });
    await bench.run(gate.reached);
    expect(await bench.end(bench.cloud.scale(alice, 'genome', 'head', { count: 2, allowRemove: {} }))).toMatchObject({ state: 'succeeded' });
    await expect(bench.cloud.scale(alice, 'genome', 'compute', { count: 3, allowRemove: {} })).rejects.toMatchObject({ code: 'conflict', operation: first.operation.id });
    expect(await bench.cloud.getVc(alice, 'genome')).toMatchObject({ state: 'applying', openOperations: [first.operation.id] });
    gate.open();
    expect(await bench.end(first)).toMatchObject({ state: 'succeeded' });
  });

  it('are told what changed since they planned', async () => {
    const plan = await bench.cloud.plan(alice, 'genome', documentOf(genome(unit('head', 1), unit('compute', 3))));
    await bench.end(bench.cloud.scale({ ...alice, actor: { ...alice.actor, user: 'bob' } }, 'genome', 'compute', { count: 2, allowRemove: {} }));
    await expect(bench.apply(genome(unit('head', 1), unit('compute', 3)), { baseRevision: plan.baseRevision })).rejects.toMatchObject({
      code: 'stale_revision', message: expect.stringMatching(/^genome changed since this was planned: compute scaled to 2 by bob at \d\d:\d\d UTC\.$/) as string, details: { baseRevision: 1, revision: 2 }
    });
    await expect(bench.apply(genome(unit('head', 1)), { baseRevision: 0 })).rejects.toMatchObject({ code: 'stale_revision' });
    await expect(bench.apply(genome(unit('head', 1), unit('compute', 3)), { planDigest: plan.digest })).rejects.toMatchObject({ code: 'stale_revision', details: { plan: { baseRevision: 2 } } });
  });

  it('of different projects do not see each other', async () => {
    const mallory: Caller = { ...alice, actor: { user: 'mallory', project: 'other', role: 'user' } };
    const { id } = await bench.cloud.getVc(alice, 'genome');
    await expect(bench.cloud.getVc(mallory, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(bench.cloud.deleteVc(mallory, id, 'genome')).rejects.toMatchObject({ code: 'not_found' });
    const [operation] = (await bench.cloud.listOperations(alice, { limit: 1 })).items;
    await expect(bench.cloud.getOperation(mallory, operation!.id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await bench.cloud.listVcs(mallory, { limit: 10 })).items).toEqual([]);
    expect((await bench.cloud.listEvents(mallory, { after: 0, limit: 100 })).events).toEqual([]);
    expect((await bench.cloud.listEvents(alice, { after: 0, limit: 100 })).events.length).toBeGreaterThan(5);
  });
});

describe('a request that comes again', () => {
  const document = documentOf(genome(unit('head', 1)));
  const apply = (key: string, wanted = document): ReturnType<OperationsBench['cloud']['apply']> => bench.cloud.apply(keyed(key), 'genome', { document: wanted, allowRemove: {}, onFailure: 'keep' });

  it('makes one operation, however many come at the same time', async () => {
    const answers = await Promise.all([apply('k'), apply('k'), apply('k'), apply('k')]);
    expect(new Set(answers.map(answer => answer.operation.id)).size).toBe(1);
    expect(answers.filter(answer => !answer.attached)).toHaveLength(1);
    await bench.end(answers[0]!);
    expect((await bench.cloud.listOperations(alice, { limit: 10 })).items).toHaveLength(1);
  });

  it('attaches until its result was delivered; then the key is free', async () => {
    const first = await apply('k');
    await bench.end(first);
    expect(await apply('k')).toMatchObject({ attached: true, operation: { id: first.operation.id, state: 'succeeded' } });
    await bench.cloud.delivered(alice, first.operation.id);
    expect(await apply('k')).toMatchObject({ attached: false });
  });

  it('attaches although it was planned anew meanwhile', async () => {
    const first = await bench.cloud.apply(keyed('k'), 'genome', { document, baseRevision: 0, planDigest: (await bench.cloud.plan(alice, 'genome', document)).digest, allowRemove: {}, onFailure: 'keep' });
    const again = await bench.cloud.plan(alice, 'genome', document);
    expect(again.baseRevision).toBe(1);
    expect(await bench.cloud.apply(keyed('k'), 'genome', { document, baseRevision: 1, planDigest: again.digest, allowRemove: {}, onFailure: 'keep' })).toMatchObject({ attached: true, operation: { id: first.operation.id } });
    await bench.end(first);
  });

  it('is refused when it asks for something else under the same key', async () => {
    await apply('k');
    await expect(apply('k', documentOf(genome(unit('head', 2))))).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    await bench.end(apply('k'));
  });

  it('is a new one after seven days', async () => {
    const first = await bench.end(apply('k'));
    bench.timer.advance(7 * 86_400_000 + 1);
    expect((await apply('k')).operation.id).not.toBe(first.id);
  });
});

describe('applications', () => {
  it('are set, changed and removed on the nodes that run, and come to those that join', async () => {
    await bench.apply(genome(unit('compute', 2)));
    expect(await bench.end(bench.cloud.setApp(alice, 'genome', 'compute', 'web', compose('nginx')))).toMatchObject({ state: 'succeeded', kind: 'set-app', result: { changed: ['compute-1', 'compute-2'] } });
    await bench.end(bench.cloud.scale(alice, 'genome', 'compute', { count: 3, allowRemove: {} }));
    expect([...bench.world.machines.values()].map(machine => [...machine.apps.keys()])).toEqual([['web'], ['web'], ['web']]);
    expect((await bench.cloud.getNode(alice, 'genome', 'compute-3')).apps).toMatchObject([{ app: 'web', state: 'running' }]);
    await bench.end(bench.cloud.removeApp(alice, 'genome', 'compute', 'web'));
    expect([...bench.world.machines.values()].every(machine => machine.apps.size === 0)).toBe(true);
  });

  it('leave applications alone that were started by hand', async () => {
    await bench.apply(genome(unit('compute', 1, { apps: { web: compose('nginx') } })));
    [...bench.world.machines.values()][0]!.apps.set('mine', '{}');
    await bench.apply(genome(unit('compute', 1)));
    expect([...[...bench.world.machines.values()][0]!.apps.keys()]).toEqual(['mine']);
  });

  it('that fail on one node fail the operation, name the node, and are offered again', async () => {
    await bench.apply(genome(unit('compute', 2)));
    bench.world.fail('ensureApp', { on: 'compute-2', error: new VcpError('command_failed', 'web ended with exit code 1') });
    const operation = await bench.end(bench.cloud.setApp(alice, 'genome', 'compute', 'web', compose('nginx')));
    expect(operation).toMatchObject({ state: 'failed', error: { code: 'command_failed' } });
    expect(operation.resources.filter(resource => resource.state === 'failed').map(resource => resource.name)).toEqual(['compute-2']);
    expect(await running()).toEqual(['compute-1', 'compute-2']);
    const document = await bench.cloud.exportVc(alice, 'genome');
    expect((await bench.cloud.plan(alice, 'genome', document)).changes).toMatchObject([{ kind: 'app', detail: 'start again on compute-2' }]);
    expect(await bench.apply(document)).toMatchObject({ state: 'succeeded' });
  });
});

describe('a region behind a gateway', () => {
  const far = (count: number): VcInput => genome(unit('far', count, { region: 'two' }));
  const gatewayOf = async (): Promise<string | undefined> => (await bench.cloud.listNodes(alice, 'genome', { limit: 500 })).items.find(node => node.gateway)?.name;

  it('is entered through its lowest number, even when another machine is there first', async () => {
    const gate = bench.world.hold('createNode', 'far-1');
    const accepted = await bench.cloud.apply(alice, 'genome', { document: documentOf(far(3)), allowRemove: {}, onFailure: 'keep' });
    await bench.run(gate.reached);
    gate.open();
    expect(await bench.end(accepted)).toMatchObject({ state: 'succeeded' });
    expect(await gatewayOf()).toBe('far-1');
  });

  it('is entered through the next one when the lowest does not come up', async () => {
    bench.world.fail('createNode', { on: 'far-1' });
    const operation = await bench.apply(far(2));
    expect(operation.state).toBe('failed');
    expect([await gatewayOf(), await running()]).toEqual(['far-2', ['far-2']]);
    expect(await bench.apply(far(2))).toMatchObject({ state: 'succeeded' });
    expect(await gatewayOf()).toBe('far-2');
  });

  it('gets another gateway before its gateway is removed, and none when the last goes', async () => {
    await bench.apply(far(2));
    await bench.end(bench.cloud.removeNodes(alice, 'genome', { names: ['far-1'], allowRemove: { far: 1 } }));
    expect(await gatewayOf()).toBe('far-2');
    const calls = bench.world.calls.filter(call => call.startsWith('setGateway') || call.startsWith('deleteNode'));
    expect(calls.map(call => call.split(' ')[0])).toEqual(['setGateway', 'setGateway', 'deleteNode']);
    expect(await bench.end(bench.cloud.scale(alice, 'genome', 'far', { count: 0, allowRemove: { far: 1 } }))).toMatchObject({ state: 'succeeded' });
    expect(bench.world.networks.size).toBe(0);
  });
});

describe('events', () => {
  it('tell the whole story in order, with whole views, for those who come back', async () => {
    await bench.apply(genome(unit('head', 1)));
    const { events, newest } = await bench.cloud.listEvents(alice, { after: 0, limit: 1000, vc: 'genome' });
    const states = events.filter(event => event.type === 'node.changed').map(event => event.data['state']);
    expect(states.filter((state, index) => state !== states[index - 1])).toEqual(['requested', 'booting', 'running']);
    expect(events.filter(event => event.type === 'operation.changed').map(event => event.data['state'])).toEqual(expect.arrayContaining(['queued', 'running', 'succeeded']));
    expect(events.findLast(event => event.type === 'vc.changed')!.data).toEqual(JSON.parse(JSON.stringify(await bench.cloud.getVc(alice, 'genome'))));
    const page = await bench.cloud.listVcs(alice, { limit: 10 });
    expect(page.seq).toBe(newest);
    expect(await bench.cloud.listEvents(alice, { after: newest, limit: 10 })).toEqual({ events: [], newest, reset: false });
  });

  it('say when what was asked for is no longer held', async () => {
    expect((await bench.cloud.listEvents(alice, { after: 999_999, limit: 10 })).reset).toBe(true);
  });
});
