import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFinished, vcDocumentSchema, VcpError, type OperationView, type VcDocument, type VcInput } from '@jupyterlab-vcp/sdk/wire';
import type { Accepted, Caller, CloudProvider, CloudService, Log, Store } from '../../src/domain/index.js';
import { createOperations, type Operations, type OperationsSettings } from '../../src/operations/index.js';
import { openStore } from '../../src/store/index.js';
import { CloudWorld } from './cloud-world.js';
import { catalogOf, providerDouble } from './provider-double.js';
import { shellDouble } from './shell-double.js';
import { TestTimer } from './test-timer.js';

export const alice: Caller = { actor: { user: 'alice', project: 'personal', role: 'user' }, origin: {} };

export function documentOf(input: VcInput): VcDocument {
  return vcDocumentSchema.parse(input);
}

/** Where in the life of a controller it dies: before or after its n-th commit is on disk, unheard by itself. */
export interface Death { readonly commit: number; readonly when: 'before' | 'after' }

export interface BenchOptions { readonly settings?: Partial<OperationsSettings>; readonly providers?: (world: CloudWorld) => readonly CloudProvider[] }

/** A controller with a real store over a world of doubles, which can be killed and started again on the same folder. */
export class OperationsBench {
  readonly world = new CloudWorld();
  readonly folder = mkdtempSync(join(tmpdir(), 'vcp-operations-'));
  timer = new TestTimer();
  readonly logged: string[] = [];
  #options: BenchOptions;
  #store: Store | undefined;
  #ids = 0;
  commits = 0;
  /** True: the disk is full. */
  full = false;
  #pending = 0;
  #died: (() => void) | undefined;
  operations!: Operations;

  private constructor(options: BenchOptions) {
    this.#options = options;
    this.world.now = () => this.timer.now();
  }

  static async start(options: BenchOptions = {}): Promise<OperationsBench> {
    const bench = new OperationsBench(options);
    await bench.boot();
    return bench;
  }

  get cloud(): CloudService {
    return this.operations.cloud;
  }

  get store(): Store {
    return this.#store!;
  }

  /** Starts a controller on the folder. @returns when the controller has died, if it is to die. */
  async boot(death?: Death): Promise<{ readonly died: Promise<void> }> {
    const log: Log = { debug: () => undefined, info: (_, message) => this.logged.push(message), warn: (_, message) => this.logged.push(message), error: (details, message) => this.logged.push(`ERROR ${message} ${String((details as { err?: Error }).err?.stack)}`) };
    this.#store = await openStore({ folder: this.folder, clock: this.timer, log });
    this.commits = 0;
    const died = new Promise<void>(resolve => { this.#died = resolve; });
    const providers = (this.#options.providers ?? (world => [providerDouble(world)]))(this.world);
    this.operations = createOperations({
      store: this.#counted(this.#store, death), catalog: catalogOf(...providers), shell: shellDouble(this.world), clock: this.timer, log,
      ids: { next: prefix => `${prefix}${String(++this.#ids).padStart(12, '0')}` },
      settings: { heartbeatMs: 0, appsMs: 0, sweepMs: 0, ...this.#options.settings }
    });
    // A controller that is to die may do so while it starts.
    const started = this.operations.start();
    if (death === undefined) await started;
    return { died };
  }

  /** Ends a controller that died: nothing of it is heard again. */
  async bury(): Promise<void> {
    await this.#store!.close();
    this.timer = new TestTimer(this.timer.now() + 1000);
  }

  /** Lets time pass whenever nothing else happens, until the promise has settled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    promise.then(() => { settled = true; }, () => { settled = true; });
    for (let quiet = 0; !settled;) {
      await new Promise(resolve => setImmediate(resolve));
      quiet = this.#pending > 0 ? 0 : quiet + 1;
      if (quiet > 3 && this.timer.step()) quiet = 0;
    }
    return promise;
  }

  /** The operation when it has ended. */
  async end(accepted: Accepted | Promise<Accepted>, caller = alice): Promise<OperationView> {
    const { operation } = await accepted;
    return this.run(this.#ended(operation.id, caller));
  }

  async apply(input: VcInput, options: Partial<Parameters<CloudService['apply']>[2]> = {}, caller = alice): Promise<OperationView> {
    const document = documentOf(input);
    return this.end(this.cloud.apply(caller, document.name, { document, allowRemove: {}, onFailure: 'keep', ...options }));
  }

  async close(): Promise<void> {
    await this.run(this.operations.stop());
    await this.#store!.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #ended(id: string, caller: Caller): Promise<OperationView> {
    const store = this.#store!;
    for (;;) {
      let heard = (): void => undefined;
      const news = new Promise<void>(resolve => { heard = resolve; });
      const stop = store.onEvents(events => { if (events.some(event => event.operation === id)) heard(); });
      const view = await this.cloud.getOperation(caller, id);
      if (isFinished(view.state)) {
        stop();
        return view;
      }
      await news;
      stop();
    }
  }

  #counted(store: Store, death: Death | undefined): Store {
    let dead = false;
    const never = new Promise<never>(() => undefined);
    return {
      installation: store.installation, bootEpoch: store.bootEpoch,
      onEvents: listener => store.onEvents(listener), close: () => store.close(),
      read: async work => (dead ? never : store.read(work)),
      transaction: async work => {
        if (dead) return never;
        if (this.full) throw new VcpError('store_read_only', 'the disk is full');
        this.commits += 1;
        const fatal = death !== undefined && this.commits === death.commit;
        if (fatal) dead = true;
        if (fatal && death.when === 'before') {
          this.#died?.();
          return never;
        }
        this.#pending += 1;
        try {
          const value = await store.transaction(work);
          if (!fatal) return value;
        } finally {
          this.#pending -= 1;
        }
        this.#died?.();
        return never;
      }
    };
  }
}
