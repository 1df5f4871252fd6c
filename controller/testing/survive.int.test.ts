import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isVcpError, type NodeView, type OperationView, type VcInput } from '@jupyterlab-vcp/sdk/wire';
import { waitForOperation } from '@jupyterlab-vcp/sdk';
import { RealController } from './real-controller.js';

const docker = async (...args: readonly string[]): Promise<string> => (await promisify(execFile)('docker', [...args])).stdout;

/** A small generator with a seed, so that a failing run can be repeated: VCP_TEST_SEED. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const seed = Number(process.env['VCP_TEST_SEED'] ?? 20261124);

function documentOf(name: string, workers: number): VcInput {
  return {
    name,
    units: [
      { name: 'head', provider: 'local', flavor: 'small' },
      { name: 'worker', provider: 'local', flavor: 'small', count: workers, onJoin: 'echo joined >> /var/lib/joined', ready: 'test -s /var/lib/joined' }
    ]
  };
}

async function allOf(controller: RealController, vc: string): Promise<readonly NodeView[]> {
  return (await controller.client.listNodes(vc)).items;
}

async function finish(controller: RealController, operation: OperationView): Promise<OperationView> {
  return waitForOperation(controller.client, operation.id);
}

describe('a controller that is killed', () => {
  let controller: RealController;
  beforeAll(async () => { controller = await RealController.create(); });
  afterAll(async () => { await controller.dispose(); });

  it(`ends every operation, makes nothing twice and leaves nothing (seed ${seed})`, async () => {
    const random = randomFrom(seed);
    const killDuring = async (longestMs: number): Promise<void> => {
      await new Promise(resolve => setTimeout(resolve, random() * longestMs));
      await controller.kill();
      await controller.start();
    };
    const applied = await controller.client.applyVc('killed', { document: documentOf('killed', 2) });
    await killDuring(400);
    await killDuring(1500);
    expect((await finish(controller, applied.operation)).state).toBe('succeeded');
    expect((await allOf(controller, 'killed')).map(node => [node.name, node.state])).toEqual([['head-1', 'running'], ['worker-1', 'running'], ['worker-2', 'running']]);
    const made = await controller.oracle();
    expect(made.containers).toHaveLength(3);
    expect(made.duplicates).toEqual([]);

    const scaled = await controller.client.scaleUnit('killed', 'worker', { count: 3 });
    await killDuring(1200);
    expect((await finish(controller, scaled.operation)).state).toBe('succeeded');
    expect((await controller.oracle()).containers).toHaveLength(4);
    for (const node of (await allOf(controller, 'killed')).filter(({ unit }) => unit === 'worker')) {
      const container = node.cloudId ?? '';
      expect(await docker('exec', container, 'cat', '/var/lib/joined'), `${node.name} joined once`).toBe('joined\n');
    }

    const deleted = await controller.client.deleteVc('killed', 'killed');
    await killDuring(300);
    await killDuring(800);
    expect((await finish(controller, deleted.operation)).state).toBe('succeeded');
    expect(await controller.oracle()).toMatchObject({ containers: [], networks: [], volumes: [] });
    expect((await controller.client.listOperations({ open: true })).items).toEqual([]);
  });
});

describe('a running virtual cloud', () => {
  let controller: RealController;
  beforeAll(async () => {
    controller = await RealController.create();
    const applied = await controller.client.applyVc('alive', { document: documentOf('alive', 2) });
    expect((await finish(controller, applied.operation)).state).toBe('succeeded');
  });
  afterAll(async () => { await controller.dispose(); });

  it('shows a node that was killed from outside, and mends it when asked', async () => {
    const victim = (await allOf(controller, 'alive')).find(node => node.name === 'worker-2')!;
    const seen = eventually(controller, 'alive', node => node.name === 'worker-2' && node.state !== 'running');
    await docker('kill', victim.cloudId ?? '');
    const broken = await seen;
    expect(['error', 'unreachable']).toContain(broken.state);
    expect(broken.reason).toBeTruthy();
    expect((await controller.client.getVc('alive')).state).toBe('degraded');

    const mended = await controller.client.applyVc('alive', { document: documentOf('alive', 2) });
    expect((await finish(controller, mended.operation)).state).toBe('succeeded');
    expect((await allOf(controller, 'alive')).map(node => node.state)).toEqual(['running', 'running', 'running']);
    expect((await controller.oracle()).containers).toHaveLength(3);
  });

  it('makes one operation of the same request sent twice at once', async () => {
    const key = 'same-cell';
    const [first, second] = await Promise.all([1, 2].map(() => controller.client.scaleUnit('alive', 'worker', { count: 3 }, { idempotencyKey: key })));
    expect(second!.operation.id).toBe(first!.operation.id);
    expect([first!.attached, second!.attached].filter(Boolean)).toHaveLength(1);
    expect((await finish(controller, first!.operation)).state).toBe('succeeded');
    expect((await controller.oracle()).containers).toHaveLength(4);
  });

  it('removes nothing when an older document is applied again, and says which flag would', async () => {
    const error = await controller.client.applyVc('alive', { document: documentOf('alive', 2) }).then(() => undefined, (thrown: unknown) => thrown);
    expect(isVcpError(error) && error.code).toBe('removal_not_allowed');
    expect(isVcpError(error) && error.hint).toContain('--allow-remove worker:1');
    expect(await allOf(controller, 'alive')).toHaveLength(4);
  });

  it('refuses a change that was planned on an older revision, naming what changed', async () => {
    const error = await controller.client.applyVc('alive', { document: documentOf('alive', 4), baseRevision: 1 }).then(() => undefined, (thrown: unknown) => thrown);
    expect(isVcpError(error) && error.code).toBe('stale_revision');
    expect(isVcpError(error) && error.message).toMatch(/worker/);
  });

  it('keeps a node whose onLeave fails, and removes it when it succeeds', async () => {
    const stubborn = { ...documentOf('alive', 3) };
    stubborn.units = stubborn.units!.map(unit => (unit.name === 'worker' ? { ...unit, onLeave: 'test -e /tmp/may-leave || { echo a job is running; exit 3; }' } : unit));
    await finish(controller, (await controller.client.applyVc('alive', { document: stubborn })).operation);
    const refused = await finish(controller, (await controller.client.removeNodes('alive', { names: ['worker-3'], allowRemove: { worker: 1 } })).operation);
    expect(refused.state).toBe('failed');
    expect(JSON.stringify(refused.error)).toContain('a job is running');
    const node = (await allOf(controller, 'alive')).find(({ name }) => name === 'worker-3');
    expect(node?.state).toBe('running');
    await docker('exec', node!.cloudId ?? '', 'touch', '/tmp/may-leave');
    const left = await finish(controller, (await controller.client.removeNodes('alive', { names: ['worker-3'], allowRemove: { worker: 1 } })).operation);
    expect(left.state).toBe('succeeded');
    expect((await controller.oracle()).containers).toHaveLength(3);
  });

  it('refuses a second controller on the same data folder and names the first', async () => {
    const second = await promisify(execFile)(process.execPath, [new URL('../dist/controller.mjs', import.meta.url).pathname, '--foreground'], { env: { ...process.env, VCP_HOME: controller.home } })
      .then(() => undefined, (error: { stderr: string; code: number }) => error);
    expect(second?.code).not.toBe(0);
    expect(second?.stderr).toContain(String(controller.pid));
  });

  it('is deleted without a trace, and deleting twice is one deletion', async () => {
    const [first, second] = await Promise.all([controller.client.deleteVc('alive', 'alive'), controller.client.deleteVc('alive', 'alive')]);
    expect(second.operation.id).toBe(first.operation.id);
    expect((await finish(controller, first.operation)).state).toBe('succeeded');
    expect(await controller.oracle()).toMatchObject({ containers: [], networks: [], volumes: [] });
  });
});

/** Resolves with the first state of a node that satisfies `condition`, told by the controller's own events. */
async function eventually(controller: RealController, vc: string, condition: (node: NodeView) => boolean): Promise<NodeView> {
  const stop = new AbortController();
  try {
    for await (const item of controller.client.feed({ vc }, { signal: stop.signal })) {
      const node = item.kind === 'event' && item.event.type === 'node.changed' ? item.event.data as unknown as NodeView : undefined;
      if (node !== undefined && condition(node)) return node;
    }
    throw new Error('the events ended');
  } finally {
    stop.abort();
  }
}
