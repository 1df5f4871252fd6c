import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VcpError, type OperationView, type UnitInput, type VcInput } from '@jupyterlab-vcp/sdk/wire';
import { alice, documentOf, OperationsBench } from '../../testing/doubles/operations-bench.js';

let bench: OperationsBench;
beforeEach(async () => { bench = await OperationsBench.start(); });
afterEach(async () => {
  await bench.close();
});

const unit = (name: string, count: number, more: Partial<UnitInput> = {}): UnitInput => ({ name, provider: 'local', flavor: 'small', count, ...more });
const genome = (...units: readonly UnitInput[]): VcInput => ({ name: 'genome', units: [...units] });
const node = async (name: string): Promise<{ readonly state: string; readonly reason?: string | undefined; readonly id: string }> => bench.cloud.getNode(alice, 'genome', name);
const begin = (input: VcInput, onFailure: 'keep' | 'rollback' = 'keep'): ReturnType<OperationsBench['cloud']['apply']> => bench.cloud.apply(alice, input.name, { document: documentOf(input), allowRemove: {}, onFailure });

describe('a node that cannot be made', () => {
  it('fails alone: the others run, the operation names it and how to go on', async () => {
    bench.world.fail('createNode', { on: 'compute-2', error: new VcpError('no_capacity', 'No machine of that size is free.', { hint: 'Use another region.' }) });
    const operation = await bench.apply(genome(unit('compute', 3)));
    expect(operation).toMatchObject({ state: 'failed', error: { code: 'no_capacity', hint: 'Use another region.', message: expect.stringContaining('compute-2 failed: No machine of that size is free. Now: 2 nodes running') as string } });
    expect(await node('compute-2')).toMatchObject({ state: 'error', reason: 'No machine of that size is free.' });
    expect(await bench.cloud.getVc(alice, 'genome')).toMatchObject({ state: 'degraded', reason: 'compute-2: No machine of that size is free.' });
  });

  it('is made by the next apply under the same id and name', async () => {
    bench.world.fail('createNode', { on: 'compute-2' });
    await bench.apply(genome(unit('compute', 3)));
    const { id } = await node('compute-2');
    expect((await bench.cloud.plan(alice, 'genome', documentOf(genome(unit('compute', 3))))).changes).toMatchObject([{ action: 'change', name: 'compute-2', detail: 'make again: the cloud said no' }]);
    expect(await bench.apply(genome(unit('compute', 3)))).toMatchObject({ state: 'succeeded', result: { changed: ['compute-2'], added: [] } });
    expect(await node('compute-2')).toMatchObject({ state: 'running', id });
    expect(bench.world.machines.size).toBe(3);
  });

  it('leaves no second machine when the answer was lost', async () => {
    bench.world.fail('createNode', { on: 'head-1', after: true, error: new VcpError('provider_unavailable', 'connection reset') });
    expect(await bench.apply(genome(unit('head', 1)))).toMatchObject({ state: 'succeeded' });
    expect(bench.world.machines.size).toBe(1);
  });

  it('is made anew when its onJoin failed, on a fresh machine', async () => {
    bench.world.script = () => ({ code: 2, output: 'no such package\n' });
    const operation = await bench.apply(genome(unit('head', 1, { onJoin: 'install' })));
    expect(operation.error).toMatchObject({ code: 'command_failed', message: expect.stringContaining('onJoin of head-1 ended with exit code 2: no such package') as string, details: { output: 'no such package\n' } });
    const [before] = [...bench.world.machines.keys()];
    bench.world.script = () => ({ code: 0, output: '' });
    expect(await bench.apply(genome(unit('head', 1, { onJoin: 'install' })))).toMatchObject({ state: 'succeeded' });
    const [after] = [...bench.world.machines.keys()];
    expect(after).not.toBe(before);
    expect(bench.world.machines.size).toBe(1);
  });

  it('goes on where it was when only an application failed', async () => {
    const wanted = genome(unit('head', 1, { apps: { web: { services: { main: { image: 'nginx' } } } }, onJoin: 'once' }));
    bench.world.fail('ensureApp', { error: new VcpError('command_failed', 'no such image') });
    expect(await bench.apply(wanted)).toMatchObject({ state: 'failed' });
    const [before] = [...bench.world.machines.keys()];
    expect(await bench.apply(wanted)).toMatchObject({ state: 'succeeded' });
    expect([...bench.world.machines.keys()]).toEqual([before]);
  });
});

describe('rollback', () => {
  it('takes back what an apply made, and the virtual cloud with it when it was new', async () => {
    bench.world.fail('createNode', { on: 'compute-2' });
    const operation = await bench.end(begin(genome(unit('compute', 2)), 'rollback'));
    expect(operation).toMatchObject({ state: 'failed', error: { message: expect.stringContaining('What this operation made was removed again') as string } });
    expect([bench.world.machines.size, bench.world.networks.size]).toEqual([0, 0]);
    await expect(bench.cloud.getVc(alice, 'genome')).rejects.toMatchObject({ code: 'not_found' });
    expect(await bench.apply(genome(unit('compute', 1)))).toMatchObject({ state: 'succeeded' });
  });

  it('puts the wanted document back and removes no node before the new ones are there', async () => {
    await bench.apply(genome(unit('compute', 2), unit('old', 1)));
    bench.world.fail('createNode', { on: 'compute-3' });
    const operation = await bench.end(bench.cloud.apply(alice, 'genome', { document: documentOf(genome(unit('compute', 3))), allowRemove: { old: 1 }, onFailure: 'rollback' }));
    expect(operation.state).toBe('failed');
    expect(await node('old-1')).toMatchObject({ state: 'running' });
    expect((await bench.cloud.exportVc(alice, 'genome')).units.map(found => [found.name, found.count])).toEqual([['compute', 2], ['old', 1]]);
    expect((await bench.cloud.plan(alice, 'genome', await bench.cloud.exportVc(alice, 'genome'))).changes).toEqual([]);
  });
});

describe('cancel', () => {
  it('stops what waits and keeps what is there; the next apply goes on', async () => {
    const gate = bench.world.hold('createNode', 'compute-2');
    const accepted = await begin(genome(unit('compute', 2)));
    await bench.run(gate.reached);
    await bench.cloud.cancel(alice, accepted.operation.id);
    const operation = await bench.end(accepted);
    expect(operation).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' } });
    expect(await node('compute-2')).toMatchObject({ state: 'error', reason: 'cancelled before it was ready' });
    gate.open();
    expect(await bench.apply(genome(unit('compute', 2)))).toMatchObject({ state: 'succeeded' });
    expect(bench.world.machines.size).toBe(2);
  });

  it('with rollback removes what was made', async () => {
    const gate = bench.world.hold('waitUntilReady', 'compute-2');
    const accepted = await begin(genome(unit('compute', 2)), 'rollback');
    await bench.run(gate.reached);
    await bench.cloud.cancel(alice, accepted.operation.id);
    expect(await bench.end(accepted)).toMatchObject({ state: 'cancelled' });
    gate.open();
    expect(bench.world.machines.size).toBe(0);
  });

  it('of a finished operation changes nothing', async () => {
    const operation = await bench.apply(genome(unit('head', 1)));
    expect(await bench.cloud.cancel(alice, operation.id)).toMatchObject({ state: 'succeeded' });
  });
});

describe('a cloud that does not answer', () => {
  const phases = async (id: string): Promise<readonly unknown[]> => (await bench.cloud.listEvents(alice, { after: 0, limit: 1000, operation: id })).events.map(event => event.data['phase']);

  it('is waited for, and the operation says so', async () => {
    const gate = bench.world.hold('createNode', 'head-1');
    const accepted = await begin(genome(unit('head', 1)));
    await bench.run(gate.reached);
    bench.world.answers = false;
    bench.world.fail('createNode', { on: 'head-1', error: new VcpError('provider_unavailable', 'gone') });
    gate.open();
    const back = bench.timer.sleep(30_000).then(() => { bench.world.answers = true; });
    await bench.run(back);
    const operation = await bench.end(accepted);
    expect(operation.state).toBe('succeeded');
    expect(await phases(operation.id)).toContain('head-1: waiting for Cloud local to answer');
  });

  it('for too long leaves the operation in needs-attention, and the next apply looks again', async () => {
    await bench.apply(genome(unit('compute', 1)));
    const gate = bench.world.hold('createNode', 'compute-2');
    const accepted = await bench.cloud.scale(alice, 'genome', 'compute', { count: 2, allowRemove: {} });
    await bench.run(gate.reached);
    bench.world.answers = false;
    bench.world.fail('createNode', { on: 'compute-2', after: true, error: new VcpError('provider_unavailable', 'gone') });
    gate.open();
    const operation = await bench.end(accepted);
    expect(operation).toMatchObject({ state: 'needs-attention', error: { code: 'provider_unavailable', message: expect.stringContaining('What became of compute-2 is not known') as string } });
    expect(await bench.cloud.getVc(alice, 'genome')).toMatchObject({ state: 'needs-attention' });
    bench.world.answers = true;
    expect((await bench.cloud.plan(alice, 'genome', await bench.cloud.exportVc(alice, 'genome'))).changes).toMatchObject([{ name: 'compute-2', detail: expect.stringContaining('look again and mend') as string }]);
    expect(await bench.apply(await bench.cloud.exportVc(alice, 'genome'))).toMatchObject({ state: 'succeeded' });
    expect(bench.world.machines.size).toBe(2);
  });

  it('hung in one unit blocks neither another unit nor the deletion', async () => {
    bench.world.hold('createNode', 'stuck-1');
    const stuck = await begin(genome(unit('stuck', 1), unit('fine', 1)));
    await bench.run((async () => { for (;;) { const view = await bench.cloud.getOperation(alice, stuck.operation.id); if (view.resources.some(resource => resource.name === 'fine-1' && resource.state === 'done')) return; await new Promise(resolve => setImmediate(resolve)); } })());
    const operation = await bench.end(bench.cloud.deleteVc(alice, 'genome', 'genome'));
    expect(operation).toMatchObject({ state: 'succeeded', result: { summary: 'genome deleted: 2 nodes removed, nothing left' } });
    expect(await bench.cloud.getOperation(alice, stuck.operation.id)).toMatchObject({ state: 'cancelled' });
    expect([bench.world.machines.size, bench.world.networks.size]).toEqual([0, 0]);
  });
});

describe('a cloud that is being switched off', () => {
  it('is not believed when it calls its failures final, but waited for', async () => {
    const gate = bench.world.hold('createNode', 'head-1');
    const accepted = await begin(genome(unit('head', 1)));
    await bench.run(gate.reached);
    bench.world.fail('createNode', { on: 'head-1', after: true, error: new VcpError('provider_failed', 'the machine ended as soon as it was started') });
    bench.world.answers = false;
    gate.open();
    await bench.run(bench.timer.sleep(20_000));
    expect(await bench.cloud.getOperation(alice, accepted.operation.id)).toMatchObject({ state: 'running', phase: 'head-1: waiting for Cloud local to answer' });
    bench.world.answers = true;
    expect(await bench.end(accepted)).toMatchObject({ state: 'succeeded' });
    expect(bench.world.machines.size).toBe(1);
  });
});

describe('a machine that a crashed cloud left half-made', () => {
  it('is cleared away and made anew', async () => {
    const gate = bench.world.hold('createNode', 'head-1');
    const accepted = await begin(genome(unit('head', 1)));
    await bench.run(gate.reached);
    bench.world.fail('createNode', { on: 'head-1', after: true, error: new VcpError('conflict', 'task already exists') });
    void bench.world.hold('inventory').reached.then(() => { [...bench.world.machines.values()][0]!.state = 'stopped'; });
    gate.open();
    await bench.run((async () => { while ([...bench.world.machines.values()][0]?.state !== 'stopped') await new Promise(resolve => setImmediate(resolve)); })());
    bench.world.release();
    expect(await bench.end(accepted)).toMatchObject({ state: 'succeeded' });
    expect(bench.world.calls.filter(call => /^(createNode|deleteNode)/.test(call)).map(call => call.split(' ')[0])).toEqual(['createNode', 'deleteNode', 'createNode']);
  });
});

describe('a machine that stops while it boots', () => {
  it('is started again', async () => {
    const gate = bench.world.hold('waitUntilReady', 'head-1');
    const accepted = await begin(genome(unit('head', 1)));
    await bench.run(gate.reached);
    [...bench.world.machines.values()][0]!.state = 'stopped';
    gate.open();
    expect(await bench.end(accepted)).toMatchObject({ state: 'succeeded' });
    expect(bench.world.calls.filter(call => call.startsWith('createNode'))).toHaveLength(2);
    expect(bench.world.machines.size).toBe(1);
  });

  it('that never answers fails after its time', async () => {
    const hold = (): void => { void bench.world.hold('waitUntilReady', 'head-1').reached.then(hold); };
    hold();
    const operation = await bench.apply(genome(unit('head', 1)));
    expect(operation).toMatchObject({ state: 'failed', error: { code: 'timed_out', message: expect.stringContaining('head-1 did not answer within 5 minutes') as string } });
  });
});

describe('onLeave', () => {
  const withLeave = (count: number, script = 'drain'): VcInput => genome(unit('compute', count, { onLeave: script }));
  const removeOne = (): Promise<OperationView> => bench.end(bench.cloud.scale(alice, 'genome', 'compute', { count: 1, allowRemove: { compute: 1 } }));

  it('runs before the machine goes', async () => {
    await bench.apply(withLeave(2));
    const ran: string[] = [];
    bench.world.script = (command, name) => { ran.push(`${command} on ${name}, ${bench.world.machines.size} machines`); return { code: 0, output: '' }; };
    await removeOne();
    expect(ran).toEqual(['drain on compute-2, 2 machines']);
  });

  it('that fails keeps the node and says the way out; the next removal runs it again', async () => {
    await bench.apply(withLeave(2));
    bench.world.script = () => ({ code: 1, output: 'jobs are running\n' });
    expect(await removeOne()).toMatchObject({ state: 'failed', error: { code: 'command_failed', message: expect.stringContaining('onLeave of compute-2 ended with exit code 1: jobs are running') as string, hint: expect.stringContaining('compute-2 stays') as string } });
    expect(await node('compute-2')).toMatchObject({ state: 'running' });
    expect((await bench.cloud.plan(alice, 'genome', await bench.cloud.exportVc(alice, 'genome'))).removals).toEqual({ compute: 1 });
    bench.world.script = () => ({ code: 0, output: '' });
    const again = await bench.end(bench.cloud.removeNodes(alice, 'genome', { names: ['compute-2'], allowRemove: { compute: 1 } }));
    expect(again).toMatchObject({ state: 'succeeded', result: { removed: ['compute-2'] } });
    expect([bench.world.machines.size, (await bench.cloud.exportVc(alice, 'genome')).units[0]!.count]).toEqual([1, 1]);
  });

  it('of a unit that leaves the document is still run', async () => {
    await bench.apply(withLeave(1));
    const ran: string[] = [];
    bench.world.script = command => { ran.push(command); return { code: 0, output: '' }; };
    await bench.end(bench.cloud.deleteUnit(alice, 'genome', 'compute', { compute: 1 }));
    expect(ran).toEqual(['drain']);
  });

  it('is not run when the whole virtual cloud goes', async () => {
    await bench.apply(withLeave(1));
    bench.world.script = () => ({ code: 1, output: '' });
    expect(await bench.end(bench.cloud.deleteVc(alice, 'genome', 'genome'))).toMatchObject({ state: 'succeeded' });
  });
});

describe('delete', () => {
  it('asks for the name', async () => {
    await bench.apply(genome(unit('head', 1)));
    await expect(bench.cloud.deleteVc(alice, 'genome', undefined)).rejects.toMatchObject({ code: 'confirmation_required', hint: expect.stringContaining('--confirm genome') as string });
    await expect(bench.cloud.deleteVc(alice, 'genome', 'Genome')).rejects.toMatchObject({ code: 'confirmation_required' });
  });

  it('removes everything, twice is once, and the name is free again', async () => {
    await bench.apply(genome(unit('head', 2), unit('far', 1, { region: 'two' })));
    const [first, second] = await Promise.all([bench.cloud.deleteVc(alice, 'genome', 'genome'), bench.cloud.deleteVc(alice, 'genome', 'genome')]);
    expect(second).toMatchObject({ attached: true, operation: { id: first.operation.id } });
    await expect(begin(genome(unit('head', 3)))).rejects.toMatchObject({ code: 'conflict', operation: first.operation.id });
    expect(await bench.end(first)).toMatchObject({ state: 'succeeded', result: { removed: ['far-1', 'head-1', 'head-2'] } });
    expect([bench.world.machines.size, bench.world.networks.size]).toEqual([0, 0]);
    await expect(bench.cloud.getVc(alice, 'genome')).rejects.toMatchObject({ code: 'not_found' });
    expect(await bench.apply(genome(unit('head', 1)))).toMatchObject({ state: 'succeeded' });
  });

  it('removes what is left over in the cloud without our knowing', async () => {
    await bench.apply(genome(unit('head', 1)));
    const [machine] = [...bench.world.machines.values()];
    bench.world.machines.set('forgotten', { ...machine!, cloudId: 'forgotten', address: '10.0.0.99', owner: { ...machine!.owner, nodeId: 'nd-forgotten' } });
    expect(await bench.end(bench.cloud.deleteVc(alice, 'genome', 'genome'))).toMatchObject({ state: 'succeeded' });
    expect(bench.world.machines.size).toBe(0);
  });

  it('that cannot reach the cloud needs attention and goes on when it is asked again', async () => {
    await bench.apply(genome(unit('head', 1)));
    bench.world.answers = false;
    expect(await bench.end(bench.cloud.deleteVc(alice, 'genome', 'genome'))).toMatchObject({ state: 'needs-attention' });
    bench.world.answers = true;
    expect(await bench.end(bench.cloud.deleteVc(alice, 'genome', 'genome'))).toMatchObject({ state: 'succeeded' });
    expect(bench.world.machines.size).toBe(0);
  });

  it('cannot be taken back half-way', async () => {
    await bench.apply(genome(unit('head', 1)));
    const gate = bench.world.hold('deleteNode');
    const accepted = await bench.cloud.deleteVc(alice, 'genome', 'genome');
    await bench.run(gate.reached);
    await expect(bench.cloud.cancel(alice, accepted.operation.id)).rejects.toMatchObject({ code: 'conflict' });
    gate.open();
    await bench.end(accepted);
  });
});

describe('a full disk', () => {
  it('refuses new work, and running work waits for room and then ends', async () => {
    const gate = bench.world.hold('createNode');
    const accepted = await begin(genome(unit('head', 1)));
    await bench.run(gate.reached);
    bench.full = true;
    gate.open();
    await expect(begin({ name: 'another', units: [] })).rejects.toMatchObject({ code: 'store_read_only' });
    await bench.run(bench.timer.sleep(10_000));
    expect(bench.operations.problems()).toEqual(['the disk is full']);
    bench.full = false;
    expect(await bench.end(accepted)).toMatchObject({ state: 'succeeded' });
    expect(bench.operations.problems()).toEqual([]);
  });
});
