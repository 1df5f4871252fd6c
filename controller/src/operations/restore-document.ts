import { VcpError, type SerializedError, type VcDocument } from '@jupyterlab-vcp/sdk/wire';
import type { OperationRun } from './operation-run.js';

const ROLLBACK = 'rollback';

/** Why this operation was being rolled back before the controller stopped; undefined when it was not. */
export async function rollbackCause(run: OperationRun): Promise<VcpError | undefined> {
  const journal = await run.context.store.read(reader => reader.journal(run.id));
  const entry = journal.find(candidate => candidate.act === ROLLBACK);
  return entry === undefined ? undefined : VcpError.from(entry.detail['cause'] as SerializedError);
}

/** Puts the units that an operation changed back to what was wanted before it, and marks it as being rolled back. */
export async function restoreDocument(run: OperationRun, cause: VcpError): Promise<void> {
  const { context } = run;
  await context.persist(async tx => {
    if ((await tx.journal(run.id)).some(entry => entry.act === ROLLBACK)) return;
    const vc = await tx.vc(run.vcId);
    if (vc === undefined) return;
    const before = (await tx.revisions(run.vcId, run.operation.revision - 2)).find(revision => revision.revision === run.operation.revision - 1);
    const document = withUnitsOf(vc.document, before?.document, new Set(run.request.units));
    const now = context.clock.now();
    const { owner, project, actor, origin } = run.operation;
    await tx.addJournal({ operation: run.id, resource: run.vcId, act: ROLLBACK, phase: 'intent', detail: { cause: cause.toJSON() } });
    await tx.putVc({ ...vc, document, revision: vc.revision + 1, changedAt: now });
    await tx.putRevision({ owner, project, actor, origin, vcId: vc.id, revision: vc.revision + 1, document, operation: run.id, summary: 'rolled back', at: now });
  });
}

/** Other units may have been changed since by other operations; those stay. */
function withUnitsOf(current: VcDocument, before: VcDocument | undefined, units: ReadonlySet<string>): VcDocument {
  const old = new Map((before?.units ?? []).map(unit => [unit.name, unit]));
  const kept = current.units.flatMap(unit => (units.has(unit.name) ? (old.get(unit.name) ?? []) : unit));
  const names = new Set(kept.map(unit => unit.name));
  const lost = [...old.values()].filter(unit => units.has(unit.name) && !names.has(unit.name));
  return { ...current, units: [...kept, ...lost] };
}
