import { toVcpError, VcpError, type OperationResource } from '@jupyterlab-vcp/sdk/wire';
import { errorView, iso, operationPhase, type JournalEntry, type Operation, type StoreWriter } from '../domain/index.js';
import type { Context } from './context.js';
import { logLine, putOperation } from './vc-rows.js';

/** Why a run ends early. `shutdown` leaves everything as it is; the next start takes it up. */
export type AbortReason = 'cancel' | 'delete' | 'shutdown';

const FLUSH_MS = 100;
const FLUSH_MS_PER_RESOURCE = 4;

/** One operation at work: its progress as people see it, its journal, its way to stop. */
export class OperationRun {
  readonly context: Context;
  readonly #nodesChanged: () => void;
  readonly id: string;
  readonly vcId: string;
  readonly request: Operation['request'];
  readonly operation: Operation;
  /** What is known so far; lists of the operation's results. */
  readonly changed = new Set<string>();
  readonly added = new Set<string>();
  readonly removed = new Set<string>();
  /** Nodes whose half-made machine has to be removed before the next try. */
  readonly clearFirst = new Set<string>();
  /** The gateway that each network was given by this run. */
  readonly gateways = new Map<string, string | undefined>();
  /** Settles (true: made) when the machine of a node was asked for the first time. */
  readonly made = new Map<string, Promise<boolean>>();
  /** All its work was done; a cancel that came later came too late. */
  completed = false;
  #controller = new AbortController();
  #reason: AbortReason | undefined;
  #ended = false;
  readonly #resources = new Map<string, OperationResource>();
  readonly #cloudMs = new Map<string, number>();
  #networkMs = 0;
  readonly #memo = new Map<string, Promise<unknown>>();
  #flushing: Promise<void> | undefined;
  #dirty = false;
  /** Ends the pause between two writes of the progress. */
  #wake: (() => void) | undefined;

  /** @param nodesChanged called when the derived state of the virtual cloud may be another */
  constructor(context: Context, operation: Operation, nodesChanged: () => void) {
    this.context = context;
    this.#nodesChanged = nodesChanged;
    this.operation = operation;
    this.id = operation.id;
    this.vcId = operation.vcId;
    this.request = operation.request;
    for (const resource of operation.resources) this.#resources.set(keyOf(resource.kind, resource.name), resource);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reason(): AbortReason | undefined {
    return this.#reason;
  }

  abort(reason: AbortReason): void {
    if (this.#reason === 'shutdown') return;
    this.#reason = reason;
    this.#controller.abort(reason === 'shutdown'
      ? new VcpError('controller_unavailable', 'The controller is stopping.')
      : new VcpError('cancelled', reason === 'delete' ? 'It was cancelled because the virtual cloud is being deleted.' : 'It was cancelled.'));
  }

  /** A signal for the tidying up after a failure or a cancel: only the stop of the controller ends that early. */
  tidyUp(): void {
    this.#controller = new AbortController();
    if (this.#reason === 'shutdown') this.abort('shutdown');
  }

  /** Begins or continues a step of a resource. Shown soon, not at once: many changes share one write. */
  step(kind: OperationResource['kind'], name: string, phase: string): void {
    const before = this.#resources.get(keyOf(kind, name));
    this.#put({ ...before, kind, name, state: 'running', phase, startedAt: before?.startedAt ?? iso(this.context.clock.now()), error: undefined });
  }

  /** Something is waited for before it is tried again: shown, and told once. */
  waits(kind: OperationResource['kind'], name: string, phase: string, failure: VcpError): void {
    if (this.#resources.get(keyOf(kind, name))?.phase !== phase) this.log('warning', `${name}: ${phase}. ${failure.message}`, name);
    this.step(kind, name, phase);
  }

  done(kind: OperationResource['kind'], name: string, phase: string): void {
    const before = this.#resources.get(keyOf(kind, name));
    const now = iso(this.context.clock.now());
    this.#put({ ...before, kind, name, state: 'done', phase, startedAt: before?.startedAt ?? now, endedAt: now });
  }

  failed(kind: OperationResource['kind'], name: string, error: unknown, unknown = false): void {
    const before = this.#resources.get(keyOf(kind, name));
    const now = iso(this.context.clock.now());
    this.#put({ ...before, kind, name, phase: before?.phase ?? '', state: unknown ? 'unknown' : 'failed', startedAt: before?.startedAt ?? now, endedAt: now, error: errorView(toVcpError(error).toJSON()) });
  }

  failures(): readonly OperationResource[] {
    return [...this.#resources.values()].filter(resource => resource.state === 'failed' || resource.state === 'unknown');
  }

  /** Time that went into the provider and its machines on the way of one resource. */
  addCloudMs(resource: string, ms: number): void {
    this.#cloudMs.set(resource, (this.#cloudMs.get(resource) ?? 0) + ms);
  }

  /** The same for networks that go after the last node: the slowest counts. */
  addNetworkMs(ms: number): void {
    this.#networkMs = Math.max(this.#networkMs, ms);
  }

  /** What several resources need and one of them does for all; a failure is forgotten, so that it can be tried again. */
  once<T>(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#memo.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const made = work();
    this.#memo.set(key, made);
    made.catch(() => { if (this.#memo.get(key) === made) this.#memo.delete(key); });
    return made;
  }

  forget(key: string): void {
    this.#memo.delete(key);
  }

  log(level: 'info' | 'warning' | 'error', message: string, resource?: string): void {
    const { context } = this;
    context.log[level === 'warning' ? 'warn' : level]({ operation: this.id, vc: this.operation.vc, resource }, message);
    void context.persist(tx => logLine(tx, this.operation, context.clock.now(), { level, message, resource })).catch((error: unknown) => context.log.warn({ err: error }, 'a log line was lost'));
  }

  /**
   * An act on the world by the durability contract: the intent is on disk before it, the outcome after it.
   * @param outcome writes what the act brought into the same transaction as its journal row
   */
  async act<T>(entry: { readonly resource: string; readonly act: string; readonly detail?: JournalEntry['detail'] }, steps: { readonly before?: (tx: StoreWriter) => Promise<void>; readonly perform: () => Promise<T>; readonly outcome: (tx: StoreWriter, value: T) => Promise<void> }): Promise<T> {
    const row = { operation: this.id, resource: entry.resource, act: entry.act };
    await this.context.persist(async tx => {
      await tx.addJournal({ ...row, phase: 'intent', detail: entry.detail ?? {} });
      await steps.before?.(tx);
    });
    let value: T;
    try {
      value = await steps.perform();
    } catch (error) {
      if (!this.context.stopping.aborted) await this.context.persist(tx => tx.addJournal({ ...row, phase: 'failed', detail: { message: error instanceof Error ? error.message : String(error) } }));
      throw error;
    }
    await this.context.persist(async tx => {
      await tx.addJournal({ ...row, phase: 'done', detail: {} });
      await steps.outcome(tx, value);
    });
    return value;
  }

  /** The row as it is now, for the transaction that ends the operation or shows its progress. */
  current(stored: Operation): Operation {
    const resources = [...this.#resources.values()];
    return { ...stored, resources, phase: operationPhase(resources), cloudMs: Math.max(0, ...this.#cloudMs.values()) + this.#networkMs };
  }

  /** Nothing is written any more; call before the last transaction. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#wake?.();
    await this.#flushing;
  }

  #put(resource: OperationResource): void {
    this.#resources.set(keyOf(resource.kind, resource.name), resource);
    this.#dirty = true;
    this.#nodesChanged();
    if (!this.#ended) this.#flushing ??= this.#flush().finally(() => { this.#flushing = undefined; });
  }

  async #flush(): Promise<void> {
    const { context } = this;
    while (this.#dirty && !this.#ended && !context.stopping.aborted) {
      this.#dirty = false;
      try {
        await context.persist(async tx => {
          const stored = await tx.operation(this.id);
          if (stored?.state === 'running' && !this.#ended) await putOperation(tx, this.current(stored), context.clock.now());
        });
      } catch (error) {
        if (!context.stopping.aborted) context.log.warn({ err: error, operation: this.id }, 'progress could not be written');
      }
      // Large operations have large rows: they are shown less often.
      await this.#pause(Math.max(FLUSH_MS, this.#resources.size * FLUSH_MS_PER_RESOURCE));
    }
  }

  /** Sleeps, but not longer than the operation lasts. */
  async #pause(ms: number): Promise<void> {
    if (this.#ended) return;
    const stop = new AbortController();
    this.#wake = () => stop.abort();
    await this.context.clock.sleep(ms, AbortSignal.any([stop.signal, this.context.stopping]));
    this.#wake = undefined;
  }
}

function keyOf(kind: OperationResource['kind'], name: string): string {
  return `${kind}/${name}`;
}
