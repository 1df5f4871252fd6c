import { afterEach, describe, expect, it } from 'vitest';
import { isFinished, type OperationView, type UnitInput, type VcInput } from '@jupyterlab-vcp/sdk/wire';
import { alice, documentOf, OperationsBench, type Death } from '../../testing/doubles/operations-bench.js';

/** Every commit takes minutes; `npm run check` looks at each eleventh, the kill test at all of them. */
const stride = process.env['VCP_TEST_EVERY_COMMIT'] === '1' ? 1 : 11;

let bench: OperationsBench;
afterEach(async () => bench.close());

const unit = (name: string, count: number, more: Partial<UnitInput> = {}): UnitInput => ({ name, provider: 'local', flavor: 'small', count, ...more });
const hooks: Partial<UnitInput> = { onJoin: 'join', onLeave: 'leave', ready: 'ready', apps: { web: { services: { main: { image: 'nginx' } } } } };
const before: VcInput = { name: 'genome', units: [unit('head', 1), unit('compute', 1, hooks), unit('far', 2, { region: 'two' })] };
const after: VcInput = { name: 'genome', units: [unit('head', 1), unit('compute', 3, hooks), unit('far', 1, { region: 'two' })] };

const work: Readonly<Record<string, { readonly first?: VcInput; readonly begin: () => Promise<unknown>; readonly nodes: readonly string[] }>> = {
  'an apply': { begin: () => apply(before), nodes: ['compute-1', 'far-1', 'far-2', 'head-1'] },
  'a change with removals': { first: before, begin: () => apply(after), nodes: ['compute-1', 'compute-2', 'compute-3', 'far-1', 'head-1'] },
  'a deletion': { first: before, begin: () => bench.cloud.deleteVc(alice, 'genome', 'genome'), nodes: [] }
};

function apply(input: VcInput): Promise<unknown> {
  return bench.cloud.apply({ ...alice, idempotencyKey: 'k' }, 'genome', { document: documentOf(input), allowRemove: { far: 1 }, onFailure: 'keep' });
}

/** Everything that is true once an operation has ended, whatever happened in between. */
async function mustHaveConverged(nodes: readonly string[], operation: OperationView): Promise<void> {
  expect(operation.state).toBe('succeeded');
  const rows = nodes.length === 0 ? [] : (await bench.cloud.listNodes(alice, 'genome', { limit: 100 })).items;
  expect(rows.map(row => `${row.name} ${row.state}`)).toEqual(nodes.map(name => `${name} running`));
  const machines = [...bench.world.machines.values()];
  expect(machines.map(machine => machine.owner.nodeId).sort()).toEqual(rows.map(row => row.id).sort());
  expect(machines.map(machine => machine.cloudId).sort()).toEqual(rows.map(row => row.cloudId).sort());
  expect(bench.world.networks.size).toBe(new Set(rows.map(row => row.region)).size);
  for (const machine of machines) {
    const ran = [...machine.execs.values()].map(exec => exec.command);
    expect(ran.filter(command => command === 'join').length).toBe(rows.find(row => row.id === machine.owner.nodeId)!.unit === 'compute' ? 1 : 0);
    expect(machine.hosts.map(host => host.name).sort()).toEqual(nodes);
    expect([...machine.apps.keys()]).toEqual(rows.find(row => row.id === machine.owner.nodeId)!.unit === 'compute' ? ['web'] : []);
  }
  expect(await bench.store.read(reader => reader.claims())).toEqual([]);
  expect(bench.logged.filter(line => line.startsWith('ERROR'))).toEqual([]);
}

async function onlyOperation(): Promise<OperationView | undefined> {
  return (await bench.cloud.listOperations(alice, { limit: 1 })).items[0];
}

/** Runs the work, dies as said, starts again (perhaps dying again), and returns the operation when it has ended. */
async function survive(kind: keyof typeof work, deaths: readonly Death[]): Promise<OperationView | undefined> {
  const { first, begin } = work[kind]!;
  bench = await OperationsBench.start();
  if (first !== undefined) expect((await bench.apply(first)).state).toBe('succeeded');
  await bench.run(bench.operations.stop());
  await bench.bury();
  for (const [index, death] of deaths.entries()) {
    const { died } = await bench.boot(death);
    const beginning = index === 0 ? begin().then(() => undefined, () => undefined) : Promise.resolve();
    // Some deaths lie beyond the end of the work: then there is nothing to survive.
    const ended = beginning.then(async () => untilEnded());
    await bench.run(Promise.race([died, ended]));
    await bench.bury();
  }
  await bench.boot();
  if ((await onlyOperation()) === undefined || (first !== undefined && isFinished((await onlyOperation())!.state) && (await onlyOperation())!.kind === 'apply' && (await onlyOperation())!.revision === 1)) return undefined;
  return bench.run(untilEnded());
}

async function untilEnded(): Promise<OperationView> {
  for (;;) {
    const operation = await onlyOperation();
    if (operation !== undefined && isFinished(operation.state)) return operation;
    await new Promise(resolve => setImmediate(resolve));
  }
}

async function commitsOf(kind: keyof typeof work): Promise<number> {
  const { first, begin } = work[kind]!;
  bench = await OperationsBench.start();
  if (first !== undefined) await bench.apply(first);
  await bench.run(bench.operations.stop());
  await bench.bury();
  await bench.boot();
  await begin();
  await bench.run(untilEnded());
  const { commits } = bench;
  await bench.close();
  return commits;
}

describe.each(Object.keys(work))('a controller that dies during %s', kind => {
  it('at any commit, before or after it is on disk, ends it at the next start: nothing twice, nothing left', async () => {
    const commits = await commitsOf(kind);
    expect(commits).toBeGreaterThan(10);
    for (let commit = 1; commit <= commits; commit += stride) {
      for (const when of ['before', 'after'] as const) {
        const operation = await survive(kind, [{ commit, when }]);
        // Before it was accepted nothing may have happened.
        if (operation === undefined) expect(bench.world.machines.size).toBe(work[kind]!.first === undefined ? 0 : 4);
        else await mustHaveConverged(work[kind]!.nodes, operation);
        await bench.close();
      }
    }
    bench = await OperationsBench.start();
  }, 120_000);

  it('and again while it recovers, still converges', async () => {
    const commits = await commitsOf(kind);
    for (let commit = 4; commit <= commits; commit += 2 * stride) {
      const operation = await survive(kind, [{ commit, when: 'after' }, { commit: 2 + (commit % 7), when: 'before' }, { commit: 3 + (commit % 5), when: 'after' }]);
      if (operation !== undefined) await mustHaveConverged(work[kind]!.nodes, operation);
      await bench.close();
    }
    bench = await OperationsBench.start();
  }, 120_000);
});

describe('a second recovery', () => {
  it('does nothing', async () => {
    bench = await OperationsBench.start();
    await bench.apply(before);
    await bench.run(bench.operations.stop());
    await bench.bury();
    await bench.boot();
    await bench.run(bench.operations.stop());
    await bench.bury();
    // Gateways are told again at each start; nothing else is.
    const acts = (): number => bench.world.calls.filter(call => !call.startsWith('setGateway')).length;
    const calls = acts();
    await bench.boot();
    expect(acts()).toBe(calls);
    expect((await bench.cloud.plan(alice, 'genome', documentOf(before))).changes).toEqual([]);
  });
});

describe('a rollback that is cut off', () => {
  it('goes on as a rollback', async () => {
    for (let commit = 6; commit <= 30; commit += stride) {
      bench = await OperationsBench.start();
      await bench.run(bench.operations.stop());
      await bench.bury();
      bench.world.fail('createNode', { on: 'compute-2', times: 100 });
      const { died } = await bench.boot({ commit, when: 'after' });
      const begun = bench.cloud.apply(alice, 'genome', { document: documentOf({ name: 'genome', units: [unit('compute', 2)] }), allowRemove: {}, onFailure: 'rollback' }).then(untilEnded);
      await bench.run(Promise.race([died, begun]));
      await bench.bury();
      await bench.boot();
      const operation = await bench.run(untilEnded());
      expect(operation).toMatchObject({ state: 'failed', error: { message: expect.stringContaining('was removed again') as string } });
      expect([bench.world.machines.size, bench.world.networks.size]).toEqual([0, 0]);
      await bench.close();
    }
    bench = await OperationsBench.start();
  }, 60_000);
});

describe('stop', () => {
  it('leaves a running operation where it is, and the next start ends it', async () => {
    bench = await OperationsBench.start();
    const gate = bench.world.hold('createNode', 'head-1');
    await apply(before);
    await bench.run(gate.reached);
    await bench.run(bench.operations.stop());
    await bench.bury();
    gate.open();
    await bench.boot();
    await mustHaveConverged(work['an apply']!.nodes, await bench.run(untilEnded()));
  });
});
