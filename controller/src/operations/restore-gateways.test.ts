import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UnitInput, VcInput } from '@jupyterlab-vcp/sdk/wire';
import { alice, OperationsBench } from '../../testing/doubles/operations-bench.js';

let bench: OperationsBench;
beforeEach(async () => { bench = await OperationsBench.start(); });
afterEach(async () => {
  expect(bench.logged.filter(line => line.startsWith('ERROR'))).toEqual([]);
  await bench.close();
});

const unit = (name: string, count: number, more: Partial<UnitInput> = {}): UnitInput => ({ name, provider: 'local', flavor: 'small', count, ...more });
const genome: VcInput = { name: 'genome', units: [unit('head', 1), unit('far', 2, { region: 'two' })] };
const told = (): readonly string[] => bench.world.calls.filter(call => call.startsWith('setGateway'));
const far = () => [...bench.world.networks.values()].find(network => network.region === 'two')!;

/** The controller ends, the computer forgets its rules, the controller starts. */
async function reboot(): Promise<void> {
  await bench.run(bench.operations.stop());
  await bench.bury();
  for (const network of bench.world.networks.values()) network.gateway = undefined;
  bench.world.calls.length = 0;
  await bench.boot();
}

const settled = (): Promise<void> => bench.run(bench.timer.sleep(1000));

describe('a start of the controller', () => {
  it('tells the gateway of each region behind one, once, and of no other', async () => {
    await bench.apply(genome);
    const { address } = await bench.cloud.getNode(alice, 'genome', 'far-1');
    await reboot();
    await settled();
    expect(told()).toEqual([`setGateway ${address}`]);
    expect(far().gateway).toBe(address);
  });

  it('tells nothing of networks that are gone', async () => {
    await bench.apply(genome);
    await bench.end(bench.cloud.deleteVc(alice, 'genome', 'genome'));
    await reboot();
    await settled();
    expect(told()).toEqual([]);
  });

  it('does not wait for it: one that hangs holds nothing else', async () => {
    await bench.apply(genome);
    const gate = bench.world.hold('setGateway');
    await reboot();
    await bench.run(gate.reached);
    expect((await bench.end(bench.cloud.scale(alice, 'genome', 'head', { count: 2, allowRemove: {} }))).state).toBe('succeeded');
    expect(far().gateway).toBeUndefined();
    gate.open();
    await settled();
    expect(far().gateway).toBeDefined();
  });

  it('logs a failure and goes on', async () => {
    await bench.apply(genome);
    bench.world.fail('setGateway');
    await reboot();
    await settled();
    expect(bench.logged).toContain('the gateway of a network could not be set again');
    expect((await bench.apply(genome)).state).toBe('succeeded');
  });

  it('tries again while the provider does not answer yet', async () => {
    await bench.apply(genome);
    bench.world.answers = false;
    await reboot();
    await settled();
    expect(far().gateway).toBeUndefined();
    bench.world.answers = true;
    await bench.run(bench.timer.sleep(20_000));
    expect(far().gateway).toBe((await bench.cloud.getNode(alice, 'genome', 'far-1')).address);
  });
});
