import { isFinished, type VcpError } from '@jupyterlab-vcp/sdk/wire';
import { moveOperation, type Operation } from '../domain/index.js';
import { changeNodes, rollBack } from './change-nodes.js';
import type { Context } from './context.js';
import { deleteEverything } from './delete-vc.js';
import { causeOf, finishOperation } from './finish-operation.js';
import { HostsSync } from './hosts-sync.js';
import { OperationRun, type AbortReason } from './operation-run.js';
import { restoreDocument, rollbackCause } from './restore-document.js';
import type { VcRefresher } from './vc-refresher.js';
import { putOperation, refreshVc } from './vc-rows.js';

/**
 * Runs operations. What an operation has to do is in its row and in its nodes' rows, so that one that was cut off
 * anywhere is simply run again.
 */
export class Engine {
  readonly hosts: HostsSync;
  readonly #context: Context;
  readonly #refresher: VcRefresher;
  readonly #runs = new Map<string, { readonly run: OperationRun; readonly ended: Promise<void> }>();

  constructor(context: Context, refresher: VcRefresher) {
    this.#context = context;
    this.#refresher = refresher;
    this.hosts = new HostsSync(context);
  }

  /** Takes up an accepted operation, or one that an earlier start of the controller left. */
  take(operation: Operation): void {
    if (isFinished(operation.state) || this.#runs.has(operation.id) || this.#context.stopping.aborted) return;
    const run = new OperationRun(this.#context, operation, () => this.#refresher.mark(operation.vcId));
    if (operation.cancelRequested) run.abort('cancel');
    // Registered before it begins, so that a deletion finds what it has to cancel.
    const ended = Promise.resolve().then(() => this.#execute(run)).catch((error: unknown) => {
      if (!this.#context.stopping.aborted) this.#context.log.error({ err: error, operation: run.id }, 'an operation could not be ended properly; the next start takes it up');
    }).finally(() => this.#runs.delete(run.id));
    this.#runs.set(operation.id, { run, ended });
  }

  /** Stops an operation where it is; resolves when it has written down how it ended. */
  async abort(operation: string, reason: AbortReason): Promise<void> {
    const found = this.#runs.get(operation);
    found?.run.abort(reason);
    await found?.ended;
  }

  /** Asks without waiting. */
  requestCancel(operation: string): void {
    this.#runs.get(operation)?.run.abort('cancel');
  }

  /** Leaves everything where it is; the context is stopping already. */
  async stop(): Promise<void> {
    const runs = [...this.#runs.values()];
    for (const { run } of runs) run.abort('shutdown');
    await Promise.all(runs.map(({ ended }) => ended));
  }

  async #execute(run: OperationRun): Promise<void> {
    await this.#begin(run);
    let unexpected: unknown;
    const begun = await rollbackCause(run);
    try {
      if (begun === undefined) await this.#work(run);
    } catch (error) {
      if (!run.signal.aborted) unexpected = error;
    }
    if (this.#context.stopping.aborted || run.reason === 'shutdown') return;
    if (unexpected !== undefined) this.#context.log.error({ err: unexpected, operation: run.id }, 'an operation failed inside');
    const cause = begun ?? (this.#mustRollBack(run, unexpected) ? causeOf(run, unexpected) : undefined);
    if (cause !== undefined) await this.#rollBack(run, cause);
    if (this.#context.stopping.aborted) return;
    await finishOperation(run, { unexpected, rolledBack: cause });
  }

  async #begin(run: OperationRun): Promise<void> {
    const { clock, catalog } = this.#context;
    await this.#context.persist(async tx => {
      const stored = await tx.operation(run.id);
      if (stored?.state !== 'queued') return;
      await putOperation(tx, moveOperation(stored, 'running', { startedAt: clock.now() }), clock.now());
      await refreshVc(tx, run.vcId, catalog);
    });
  }

  async #work(run: OperationRun): Promise<void> {
    if (run.signal.aborted) return;
    if (run.request.deleteVc) {
      await this.#cancelOthers(run);
      await deleteEverything(run, this.hosts);
    } else await changeNodes(run, this.hosts);
    run.completed = !run.signal.aborted;
  }

  /** A deletion does not wait for what others wait for: they are told to stop where they are. */
  async #cancelOthers(run: OperationRun): Promise<void> {
    const others = (await this.#context.store.read(reader => reader.operations({ vcId: run.vcId, open: true, limit: 500 }))).filter(other => other.id !== run.id);
    if (others.length > 0) run.log('info', `Cancelling ${others.map(other => other.title).join(', ')}.`);
    await Promise.all(others.map(other => this.abort(other.id, 'delete')));
  }

  #mustRollBack(run: OperationRun, unexpected: unknown): boolean {
    if (run.request.onFailure !== 'rollback' || run.request.deleteVc || run.reason === 'delete') return false;
    return unexpected !== undefined || (run.reason === 'cancel' && !run.completed) || run.failures().length > 0;
  }

  async #rollBack(run: OperationRun, cause: VcpError): Promise<void> {
    run.tidyUp();
    run.log('warning', 'What this operation made is removed again.');
    try {
      await restoreDocument(run, cause);
      await rollBack(run, this.hosts);
    } catch (error) {
      if (!run.signal.aborted) this.#context.log.error({ err: error, operation: run.id }, 'a rollback failed inside');
    }
  }
}
