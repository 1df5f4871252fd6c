import { describe, expect, it } from 'vitest';
import type { NodeView, OperationView, VcView, VcpEvent } from '@jupyterlab-vcp/sdk/wire';
import type { IControllerStatus } from './api.js';
import { VcpModel } from './model.js';

class CodedError extends Error {
  constructor(readonly code: string) { super(code); }
}

/** A controller in memory that answers as the real one does, counts what it is asked, and can be away. */
class Controller {
  vcs = new Map<string, VcView>();
  nodes = new Map<string, NodeView[]>();
  operations = new Map<string, OperationView>();
  log: VcpEvent[] = [];
  asked: string[] = [];
  away: string | undefined;
  oldest = 0;
  state: IControllerStatus['state'] = 'absent';
  /** Set to hold answers back until it is resolved. */
  gate: Promise<void> | undefined;

  get seq(): number { return this.log.at(-1)?.seq ?? 0; }

  change(event: Partial<VcpEvent>): number {
    this.log.push({ seq: this.seq + 1, at: '2026-01-01T00:00:00Z', type: 'vc.changed', data: {}, ...event });
    return this.seq;
  }

  async #answer<T>(name: string, make: () => T): Promise<T> {
    this.asked.push(name);
    if (this.away !== undefined) throw new CodedError(this.away);
    const answer = make();
    await this.gate;
    return answer;
  }

  api = {
    vcs: () => this.#answer('vcs', () => ({ items: [...this.vcs.values()], seq: this.seq })),
    vc: (id: string) => this.#answer(`vc ${id}`, () => this.vcs.get(id) ?? gone()),
    nodes: (id: string) => this.#answer(`nodes ${id}`, () => ({ items: this.nodes.get(id) ?? gone(), seq: this.seq })),
    operations: () => this.#answer('operations', () => ({ items: [...this.operations.values()], seq: this.seq })),
    operation: (id: string) => this.#answer(`operation ${id}`, () => this.operations.get(id) ?? gone()),
    events: (after: number) => this.#answer(`events ${after}`, () => ({ events: this.log.filter(event => event.seq > after), newest: this.seq, reset: after < this.oldest })),
    providers: () => this.#answer('providers', () => []),
    status: async (): Promise<IControllerStatus> => ({ state: this.state, home: '/home', script: 's', node: { path: null, version: null, tried: [] } }),
    startController: async (): Promise<IControllerStatus> => {
      this.away = undefined;
      this.state = 'running';
      return this.api.status();
    }
  };
}

function gone(): never {
  throw new CodedError('not_found');
}

const cloud = (id: string, name: string, running = 0): VcView => ({ id, name, running } as VcView);
const node = (name: string): NodeView => ({ name, unit: 'worker' } as NodeView);
const operation = (id: string, state: OperationView['state'], createdAt = '2026-01-01T00:00:00Z'): OperationView => ({ id, state, createdAt, vcId: 'v1', vc: 'genome', kind: 'scale' } as OperationView);

async function connected(): Promise<{ controller: Controller; model: VcpModel }> {
  const controller = new Controller();
  controller.vcs.set('v1', cloud('v1', 'genome', 3));
  controller.nodes.set('v1', [node('worker-1')]);
  controller.operations.set('o1', operation('o1', 'running'));
  controller.change({ vcId: 'v1' });
  const model = new VcpModel(controller.api);
  model.watchNodes(new Set(['v1']));
  await model.refresh();
  controller.asked = [];
  return { controller, model };
}

describe('VcpModel', () => {
  it('holds a snapshot and its number after the first reading', async () => {
    const { model } = await connected();
    expect([model.connection.state, model.seq, model.vcs.map(vc => vc.name), model.nodesOf('v1')?.map(known => known.name), model.runningNodes]).toEqual(['connected', 1, ['genome'], ['worker-1'], 3]);
  });

  it('reads only what an event says has changed', async () => {
    const { controller, model } = await connected();
    controller.nodes.get('v1')!.push(node('worker-2'));
    await model.notice({ seq: controller.change({ vcId: 'v1', operation: 'o1' }), connected: true });
    expect(controller.asked.sort()).toEqual(['events 1', 'nodes v1', 'operation o1', 'vc v1']);
    expect(model.nodesOf('v1')).toHaveLength(2);
    expect(model.seq).toBe(2);
  });

  it('asks nothing for an event that it has already taken in', async () => {
    const { controller, model } = await connected();
    await model.notice({ seq: 1, connected: true });
    expect(controller.asked).toEqual([]);
  });

  it('takes a deleted virtual cloud away', async () => {
    const { controller, model } = await connected();
    controller.vcs.clear();
    await model.notice({ seq: controller.change({ vcId: 'v1', type: 'vc.deleted' }), connected: true });
    expect([model.vcs, model.nodesOf('v1')]).toEqual([[], undefined]);
  });

  it('reads everything again when the events in between are no longer held', async () => {
    const { controller, model } = await connected();
    controller.oldest = 50;
    controller.log = [];
    for (let count = 0; count < 60; count += 1) controller.change({ vcId: 'v1' });
    await model.catchUp();
    expect(controller.asked).toContain('vcs');
    expect(model.seq).toBe(60);
  });

  it('reads everything again when another controller with lower numbers has taken its place', async () => {
    const { controller, model } = await connected();
    controller.log = [];
    controller.vcs.set('v2', cloud('v2', 'moodle'));
    await model.notice({ seq: 0, connected: true });
    expect(model.vcs.map(vc => vc.name)).toEqual(['genome', 'moodle']);
  });

  it('turns any number of events during one reading into one more reading', async () => {
    const { controller, model } = await connected();
    let open!: () => void;
    controller.gate = new Promise(resolve => { open = resolve; });
    const first = model.notice({ seq: controller.change({ vcId: 'v1' }), connected: true });
    const more = Array.from({ length: 20 }, () => model.notice({ seq: controller.change({ vcId: 'v1' }), connected: true }));
    open();
    await Promise.all([first, ...more]);
    expect(controller.asked.filter(name => name.startsWith('events'))).toEqual(['events 1', 'events 2']);
    expect(model.seq).toBe(22);
  });

  it('tells once that an operation has ended', async () => {
    const { controller, model } = await connected();
    const ended: string[] = [];
    model.operationEnded.connect((_, ending) => { ended.push(ending.id); });
    controller.operations.set('o1', operation('o1', 'failed'));
    await model.notice({ seq: controller.change({ operation: 'o1' }), connected: true });
    await model.refresh();
    expect(ended).toEqual(['o1']);
    expect(model.openOperations).toEqual([]);
  });

  it('shows a change of its own before the event arrives, newest first', async () => {
    const { model } = await connected();
    model.accepted(operation('o2', 'queued', '2026-01-02T00:00:00Z'));
    expect(model.operations.map(known => known.id)).toEqual(['o2', 'o1']);
  });

  it('leaves out what was put away', async () => {
    const { model } = await connected();
    model.dismiss('o1');
    expect(model.operations).toEqual([]);
  });

  it('says where it looked when the controller goes, keeps what it knew, and reads again when it is back', async () => {
    const { controller, model } = await connected();
    controller.away = 'controller_unavailable';
    await model.notice({ seq: 1, connected: false });
    expect(model.connection).toMatchObject({ state: 'absent', status: { home: '/home' } });
    expect(model.vcs).toHaveLength(1);
    controller.away = undefined;
    controller.vcs.set('v2', cloud('v2', 'moodle'));
    await model.notice({ seq: 1, connected: true });
    expect([model.connection.state, model.vcs.length]).toEqual(['connected', 2]);
  });

  it('starts the controller and reads everything', async () => {
    const controller = new Controller();
    controller.away = 'controller_unavailable';
    const model = new VcpModel(controller.api);
    await model.refresh();
    const seen: string[] = [];
    model.changed.connect(() => { seen.push(model.connection.state === 'absent' ? String(model.connection.status?.state) : model.connection.state); });
    await model.startController();
    expect(seen[0]).toBe('starting');
    expect(model.connection.state).toBe('connected');
  });

  it.each([['no_server_extension', 'no-server-extension'], ['server_unreachable', 'server-unreachable'], ['internal', 'failed']])('knows %s apart', async (code, state) => {
    const { controller, model } = await connected();
    controller.away = code;
    await model.refresh();
    expect(model.connection.state).toBe(state);
  });

  it('lets the nodes go that nobody looks at', async () => {
    const { controller, model } = await connected();
    model.watchNodes(new Set());
    await model.notice({ seq: controller.change({ vcId: 'v1' }), connected: true });
    expect(model.nodesOf('v1')).toBeUndefined();
    expect(controller.asked).not.toContain('nodes v1');
  });

  it('says nothing more after it was disposed', async () => {
    const { controller, model } = await connected();
    let said = 0;
    model.changed.connect(() => { said += 1; });
    model.dispose();
    await model.notice({ seq: controller.change({ vcId: 'v1' }), connected: true });
    expect([model.isDisposed, said]).toEqual([true, 0]);
  });
});
