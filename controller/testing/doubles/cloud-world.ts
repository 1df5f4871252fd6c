import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { InventoryItem, Ownership } from '../../src/domain/index.js';

export interface Machine {
  readonly owner: Ownership;
  readonly cloudId: string;
  readonly hostKey: string;
  readonly address: string;
  readonly networkCloudId: string;
  state: 'running' | 'stopped';
  readonly createdAt: number;
  /** Commands by id: what ran, once. */
  readonly execs: Map<string, { readonly command: string; readonly stdin?: string | undefined; readonly env: Readonly<Record<string, string>>; readonly code: number; readonly output: string }>;
  readonly apps: Map<string, string>;
  hosts: readonly { readonly name: string; readonly address: string }[];
}

export interface CloudNetwork { readonly owner: Ownership; readonly cloudId: string; readonly cidr: string; readonly region: string; gateway?: string | undefined }

type Act = 'prepare' | 'ensureNetwork' | 'setGateway' | 'deleteNetwork' | 'createNode' | 'deleteNode' | 'inventory' | 'waitUntilReady' | 'heartbeat' | 'exec' | 'ensureApp' | 'setHosts' | 'ensureImages' | 'removeApp' | 'apps';
interface Fault { readonly act: Act; readonly matches: (subject: string) => boolean; times: number; readonly error: () => Error; readonly after: boolean }
interface Gate { readonly act: Act; readonly matches: (subject: string) => boolean; readonly reached: () => void; readonly opened: Promise<void> }

/**
 * What exists outside the controller: machines, networks and what runs on them. It outlives controllers, can fail
 * and can be held at any act. Nothing in it is random.
 */
export class CloudWorld {
  readonly machines = new Map<string, Machine>();
  readonly networks = new Map<string, CloudNetwork>();
  readonly calls: string[] = [];
  /** What a script does on a node; the default succeeds. */
  script: (command: string, node: string) => { readonly code: number; readonly output: string } = () => ({ code: 0, output: '' });
  /** False: the provider does not answer at all. */
  answers = true;
  available = true;
  now = (): number => 0;
  #faults: Fault[] = [];
  #gates: Gate[] = [];
  readonly #open: (() => void)[] = [];
  #next = 1;

  /** The next calls of that kind for that subject fail; with `after`, only once they have taken effect. */
  fail(act: Act, options: { readonly on?: string; readonly times?: number; readonly error?: Error; readonly after?: boolean } = {}): void {
    const { on, times = 1, error = new VcpError('provider_failed', 'the cloud said no'), after = false } = options;
    this.#faults.push({ act, matches: subject => on === undefined || subject.includes(on), times, error: () => error, after });
  }

  /** Holds the next call of that kind until `open` is called. */
  hold(act: Act, on?: string): { readonly reached: Promise<void>; readonly open: () => void } {
    let open = (): void => undefined;
    let reach = (): void => undefined;
    const opened = new Promise<void>(resolve => { open = resolve; });
    const reached = new Promise<void>(resolve => { reach = resolve; });
    this.#open.push(open);
    this.#gates.push({ act, matches: subject => on === undefined || subject.includes(on), reached: reach, opened });
    return { reached, open };
  }

  /** Opens every gate. */
  release(): void {
    for (const open of this.#open.splice(0)) open();
  }

  async enter(act: Act, subject: string): Promise<void> {
    this.calls.push(`${act} ${subject}`);
    if (!this.answers && act !== 'exec' && act !== 'heartbeat' && act !== 'waitUntilReady') throw new VcpError('provider_unavailable', 'the cloud does not answer');
    const gate = this.#gates.find(candidate => candidate.act === act && candidate.matches(subject));
    if (gate !== undefined) {
      this.#gates = this.#gates.filter(candidate => candidate !== gate);
      gate.reached();
      await gate.opened;
    }
    this.#throwFault(act, subject, false);
  }

  leave(act: Act, subject: string): void {
    this.#throwFault(act, subject, true);
  }

  #throwFault(act: Act, subject: string, after: boolean): void {
    const fault = this.#faults.find(candidate => candidate.act === act && candidate.after === after && candidate.matches(subject));
    if (fault === undefined) return;
    fault.times -= 1;
    if (fault.times <= 0) this.#faults = this.#faults.filter(candidate => candidate !== fault);
    throw fault.error();
  }

  nextId(prefix: string): string {
    return `${prefix}${this.#next++}`;
  }

  machineOf(nodeId: string): Machine | undefined {
    return [...this.machines.values()].find(machine => machine.owner.nodeId === nodeId);
  }

  machineNamed(address: string): Machine | undefined {
    return [...this.machines.values()].find(machine => machine.address === address);
  }

  inventory(): readonly InventoryItem[] {
    return [
      ...[...this.networks.values()].map((network): InventoryItem => ({ kind: 'network', cloudId: network.cloudId, name: network.owner.networkId, owner: network.owner, state: 'running', createdAt: 0, billable: false })),
      ...[...this.machines.values()].map((machine): InventoryItem => ({ kind: 'node', cloudId: machine.cloudId, name: machine.owner.nodeId ?? '', owner: machine.owner, state: machine.state, address: machine.address, createdAt: machine.createdAt, billable: false }))
    ];
  }
}
