import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeView, UnitInput, VcInput } from '@jupyterlab-vcp/sdk/wire';
import { alice, documentOf, OperationsBench } from '../../testing/doubles/operations-bench.js';

let bench: OperationsBench;
beforeEach(async () => { bench = await OperationsBench.start({ settings: { heartbeatMs: 3000, appsMs: 30_000, sweepMs: 300_000 } }); });
afterEach(async () => {
  expect(bench.logged.filter(line => line.startsWith('ERROR'))).toEqual([]);
  await bench.close();
});

const unit = (name: string, count: number, more: Partial<UnitInput> = {}): UnitInput => ({ name, provider: 'local', flavor: 'small', count, ...more });
const genome = (...units: readonly UnitInput[]): VcInput => ({ name: 'genome', units: [...units] });
const node = (name: string): Promise<NodeView> => bench.cloud.getNode(alice, 'genome', name);
const pass = (ms: number): Promise<void> => bench.run(bench.timer.sleep(ms));
const machineOf = async (name: string): Promise<NonNullable<ReturnType<typeof bench.world.machineOf>>> => bench.world.machineOf((await node(name)).id)!;

describe('the heartbeat', () => {
  it('is seen on every running node', async () => {
    await bench.apply(genome(unit('head', 1)));
    await pass(4000);
    const first = (await node('head-1')).heartbeatAt;
    await pass(6000);
    expect(Date.parse((await node('head-1')).heartbeatAt!)).toBeGreaterThan(Date.parse(first!));
  });

  it('that fails three times makes a node unreachable with the reason, and its return brings it back', async () => {
    await bench.apply(genome(unit('head', 2)));
    bench.world.fail('heartbeat', { on: 'head-2', times: 4, error: new Error('no route to host') });
    await pass(8000);
    expect((await node('head-2')).state).toBe('running');
    await pass(2000);
    expect(await node('head-2')).toMatchObject({ state: 'unreachable', reason: expect.stringContaining('it does not answer') as string });
    await pass(1000);
    expect(await bench.cloud.getVc(alice, 'genome')).toMatchObject({ state: 'degraded' });
    expect((await bench.cloud.plan(alice, 'genome', documentOf(genome(unit('head', 2))))).warnings).toEqual([expect.stringContaining('head-2 does not answer')]);
    await pass(7000);
    expect((await node('head-2')).state).toBe('running');
  });

  it('is not asked of nodes that an operation works on', async () => {
    await bench.apply(genome(unit('head', 1)));
    const gate = bench.world.hold('createNode', 'head-2');
    const accepted = await bench.cloud.scale(alice, 'genome', 'head', { count: 2, allowRemove: {} });
    await bench.run(gate.reached);
    const calls = bench.world.calls.filter(call => call.startsWith('heartbeat')).length;
    await pass(10_000);
    expect(bench.world.calls.filter(call => call.startsWith('heartbeat'))).toHaveLength(calls);
    gate.open();
    await bench.end(accepted);
  });
});

describe('a machine', () => {
  it('that was stopped from outside is in error with the reason, and the next apply starts it again without touching its work', async () => {
    await bench.apply(genome(unit('compute', 2, { onJoin: 'join' })));
    const machine = await machineOf('compute-2');
    machine.state = 'stopped';
    await pass(4000);
    expect(await node('compute-2')).toMatchObject({ state: 'error', reason: 'its machine was stopped from outside' });
    expect(await bench.cloud.getVc(alice, 'genome')).toMatchObject({ state: 'degraded', reason: 'compute-2: its machine was stopped from outside' });
    const plan = await bench.cloud.plan(alice, 'genome', await bench.cloud.exportVc(alice, 'genome'));
    expect(plan.changes).toMatchObject([{ action: 'change', name: 'compute-2', detail: 'start again: its machine was stopped from outside' }]);
    expect(await bench.apply(plan.document)).toMatchObject({ state: 'succeeded', result: { changed: ['compute-2'] } });
    expect(await machineOf('compute-2')).toBe(machine);
    expect([...machine.execs.values()].filter(exec => exec.command === 'join')).toHaveLength(1);
  });

  it('that was removed from outside is made again, and joins again', async () => {
    await bench.apply(genome(unit('compute', 1, { onJoin: 'join' })));
    bench.world.machines.clear();
    await pass(4000);
    expect(await node('compute-1')).toMatchObject({ state: 'error', reason: 'its machine was removed from outside' });
    expect(await bench.apply(await bench.cloud.exportVc(alice, 'genome'))).toMatchObject({ state: 'succeeded' });
    expect([...(await machineOf('compute-1')).execs.values()].filter(exec => exec.command === 'join')).toHaveLength(1);
  });

  it('that somebody starts again by hand is seen to be back', async () => {
    await bench.apply(genome(unit('compute', 1)));
    const machine = await machineOf('compute-1');
    machine.state = 'stopped';
    await pass(4000);
    expect((await node('compute-1')).state).toBe('error');
    machine.state = 'running';
    await pass(16_000);
    expect((await node('compute-1')).state).toBe('running');
  });

  it('whose cloud does not answer either is unreachable, not lost', async () => {
    await bench.apply(genome(unit('compute', 1)));
    (await machineOf('compute-1')).state = 'stopped';
    bench.world.answers = false;
    await pass(10_000);
    expect(await node('compute-1')).toMatchObject({ state: 'unreachable', reason: expect.stringContaining('neither does Cloud local') as string });
    bench.world.answers = true;
    await pass(4000);
    expect(await node('compute-1')).toMatchObject({ state: 'error', reason: 'its machine was stopped from outside' });
  });
});

describe('a gateway that dies', () => {
  it('is replaced by another node of its region, which the others are then reached through', async () => {
    await bench.apply(genome(unit('far', 3, { region: 'two' })));
    (await machineOf('far-1')).state = 'stopped';
    await pass(13_000);
    expect([(await node('far-1')).state, (await node('far-2')).gateway, (await node('far-2')).state, (await node('far-3')).state]).toEqual(['error', true, 'running', 'running']);
    expect([...bench.world.networks.values()][0]!.gateway).toBe((await node('far-2')).address);
  });
});

describe('applications', () => {
  const web = { web: { services: { main: { image: 'nginx' } } } };
  it('that vanished are seen and offered again', async () => {
    await bench.apply(genome(unit('compute', 2, { apps: web })));
    (await machineOf('compute-2')).apps.clear();
    await pass(31_000);
    expect((await node('compute-2')).apps).toMatchObject([{ app: 'web', service: 'main', state: 'error', detail: 'its container is gone' }]);
    const plan = await bench.cloud.plan(alice, 'genome', await bench.cloud.exportVc(alice, 'genome'));
    expect(plan.changes).toMatchObject([{ kind: 'app', detail: 'start again on compute-2' }]);
    await bench.apply(plan.document);
    expect([...(await machineOf('compute-2')).apps.keys()]).toEqual(['web']);
  });
});

describe('the sweep', () => {
  const stray = async (change: object): Promise<void> => {
    const [machine] = [...bench.world.machines.values()];
    bench.world.machines.set('stray', { ...machine!, cloudId: 'stray', address: '10.0.0.99', createdAt: bench.timer.now(), owner: { ...machine!.owner, ...change } });
  };

  it('shows what nobody knows once it is old enough, and never touches it', async () => {
    await bench.apply(genome(unit('head', 1)));
    await stray({ vcId: 'vc-nobody', nodeId: 'nd-nobody' });
    await pass(301_000);
    expect(bench.operations.orphans()).toEqual([]);
    await pass(900_000);
    expect(bench.operations.orphans()).toMatchObject([{ provider: 'local', kind: 'node', cloudId: 'stray' }]);
    expect(bench.world.machines.has('stray')).toBe(true);
    const { events } = await bench.cloud.listEvents(alice, { after: 0, limit: 1000 });
    expect(events.filter(event => event.data['orphans'] !== undefined)).toHaveLength(1);
  });

  it('removes what shows up late of a virtual cloud that was deleted', async () => {
    await bench.apply(genome(unit('head', 1)));
    await stray({ nodeId: 'nd-late' });
    const late = bench.world.machines.get('stray')!;
    bench.world.machines.delete('stray');
    await bench.end(bench.cloud.deleteVc(alice, 'genome', 'genome'));
    bench.world.machines.set('stray', late);
    await pass(301_000);
    expect(bench.world.machines.size).toBe(0);
  });

  it('leaves alone what it knows', async () => {
    await bench.apply(genome(unit('head', 2), unit('far', 1, { region: 'two' })));
    await pass(1_300_000);
    expect([bench.operations.orphans(), bench.world.machines.size, bench.world.networks.size]).toEqual([[], 3, 2]);
  });

  it('of another installation’s resources sees nothing', async () => {
    await bench.apply(genome(unit('head', 1)));
    await stray({ installation: 'another', vcId: 'vc-other', nodeId: 'nd-other' });
    await pass(1_300_000);
    expect(bench.operations.orphans()).toEqual([]);
  });
});
