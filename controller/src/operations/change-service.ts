import { canonicalJson, isFinished, nearest, NAME_PATTERN, NAME_RULE, nodeName, VcpError, type AddNodesInput, type ApplyInput, type ComposeDocument, type CreateUnitInput, type OperationView, type Plan, type RemoveNodesInput, type ScaleInput, type UnitDocument, type VcDocument } from '@jupyterlab-vcp/sdk/wire';
import { digestOf, isPresent, mustBeAllowed, noSuch, operationView, type Accepted, type Caller, type CloudService, type Node, type Operation, type StoreReader, type VirtualCloud } from '../domain/index.js';
import { acceptChange, type Change } from './accept-change.js';
import type { Context } from './context.js';
import type { Engine } from './engine.js';
import { findVc, lookUpVc } from './find-vc.js';
import { freeKeys, keepKey, operationOfKey } from './idempotency.js';
import { askProviders, planWish } from './plan-vc.js';
import { putOperation, refreshVc, vcClaim } from './vc-rows.js';

type ChangeMethods = Pick<CloudService, 'plan' | 'apply' | 'createUnit' | 'deleteUnit' | 'scale' | 'addNodes' | 'removeNodes' | 'setApp' | 'removeApp' | 'deleteVc' | 'cancel' | 'delivered'>;

/** The half of the service that changes things. Every verb is a wish for another document. */
export class ChangeService implements ChangeMethods {
  readonly #context: Context;
  readonly #engine: Engine;

  constructor(context: Context, engine: Engine) {
    this.#context = context;
    this.#engine = engine;
  }

  async plan(caller: Caller, name: string, document: VcDocument): Promise<Plan> {
    const { store } = this.#context;
    const outline = async (reader: StoreReader): Promise<{ readonly document: VcDocument; readonly vc: VirtualCloud | undefined }> => {
      const vc = await lookUpVc(reader, caller, name);
      mustBeAllowed(caller.actor, 'read', { kind: 'vc', project: vc?.project ?? caller.actor.project, name });
      return { document: named(document, vc, name), vc };
    };
    const first = await store.read(async reader => planWish(reader, this.#context, await outline(reader), []));
    const outside = await askProviders(this.#context, first);
    const { plan } = await store.read(async reader => planWish(reader, this.#context, await outline(reader), outside.quota));
    return { ...plan, warnings: [...plan.warnings, ...outside.warnings] };
  }

  apply(caller: Caller, vc: string, input: ApplyInput): Promise<Accepted> {
    return this.#accept({
      caller, vc, kind: 'apply', body: wishOf(input), title: name => `Apply ${name}`, allowRemove: input.allowRemove, onFailure: input.onFailure,
      baseRevision: input.baseRevision, planDigest: input.planDigest, wanted: existing => ({ document: named(input.document, existing, vc) })
    });
  }

  createUnit(caller: Caller, vc: string, input: CreateUnitInput): Promise<Accepted> {
    const { unit } = input;
    return this.#accept({
      caller, vc, kind: 'apply', body: wishOf(input), title: () => `Create unit ${unit.name}`, allowRemove: {}, baseRevision: input.baseRevision,
      wanted: existing => {
        if (existing === undefined) return { document: named({ version: 1, name: vc, units: [unit] }, undefined, vc) };
        const known = existing.document.units.find(candidate => candidate.name === unit.name);
        if (known === undefined) return { document: { ...existing.document, units: [...existing.document.units, unit] } };
        if (canonicalJson(known) === canonicalJson(unit)) return { document: existing.document };
        throw new VcpError('conflict', `Virtual cloud ${existing.name} has a unit ${unit.name} already, and it is another one.`, { hint: `Scale it (vcp scale ${existing.name}/${unit.name} N), change it with vcp apply, or choose another name.` });
      }
    });
  }

  deleteUnit(caller: Caller, vc: string, unit: string, allowRemove: Readonly<Record<string, number>>): Promise<Accepted> {
    return this.#accept({
      caller, vc, kind: 'remove-nodes', verb: 'destroy', body: { deleteUnit: unit, allowRemove }, title: () => `Remove unit ${unit}`, allowRemove,
      wanted: existing => {
        const { document } = unitOf(existing, vc, unit);
        return { document: { ...document, units: document.units.filter(candidate => candidate.name !== unit) } };
      }
    });
  }

  scale(caller: Caller, vc: string, unit: string, input: ScaleInput): Promise<Accepted> {
    return this.#accept({
      caller, vc, kind: 'scale', body: { unit, ...wishOf(input) }, title: () => `Scale ${unit} to ${input.count}`, allowRemove: input.allowRemove, baseRevision: input.baseRevision,
      wanted: existing => ({ document: changedUnit(existing, vc, unit, found => ({ ...found, count: input.count })) })
    });
  }

  addNodes(caller: Caller, vc: string, unit: string, input: AddNodesInput): Promise<Accepted> {
    return this.#accept({
      caller, vc, kind: 'add-nodes', body: { unit, ...input }, title: () => `Add ${input.count} ${input.count === 1 ? 'node' : 'nodes'} to ${unit}`, allowRemove: {},
      wanted: existing => ({ document: changedUnit(existing, vc, unit, found => ({ ...found, count: found.count + input.count })) })
    });
  }

  removeNodes(caller: Caller, vc: string, input: RemoveNodesInput): Promise<Accepted> {
    return this.#accept({
      caller, vc, kind: 'remove-nodes', verb: 'destroy', body: input, title: () => `Remove ${input.names.join(', ')}`, allowRemove: input.allowRemove,
      wanted: (existing, nodes) => {
        if (existing === undefined) throw noSuch('vc', vc);
        const chosen = input.names.map(name => namedNode(nodes, name));
        const units = existing.document.units.map(unit => {
          const fewer = new Set(chosen.filter(node => node.unit === unit.name).map(node => node.id)).size;
          // Nodes whose removal failed before are not wanted already: taking those changes nothing in the document.
          const surplus = Math.max(0, nodes.filter(node => node.unit === unit.name && isPresent(node)).length - unit.count);
          return fewer <= surplus ? unit : { ...unit, count: Math.max(0, unit.count - (fewer - surplus)) };
        });
        return { document: { ...existing.document, units }, remove: new Set(chosen.map(node => node.id)) };
      }
    });
  }

  setApp(caller: Caller, vc: string, unit: string, app: string, compose: ComposeDocument): Promise<Accepted> {
    return this.#accept({
      caller, vc, kind: 'set-app', body: { unit, app, compose }, title: () => `Set application ${app} on ${unit}`, allowRemove: {},
      wanted: existing => ({ document: changedUnit(existing, vc, unit, found => ({ ...found, apps: { ...found.apps, [app]: compose } })) })
    });
  }

  removeApp(caller: Caller, vc: string, unit: string, app: string): Promise<Accepted> {
    return this.#accept({
      caller, vc, kind: 'set-app', body: { unit, removeApp: app }, title: () => `Remove application ${app} from ${unit}`, allowRemove: {},
      wanted: existing => ({
        document: changedUnit(existing, vc, unit, found => {
          if (found.apps?.[app] === undefined) {
            const near = nearest(app, Object.keys(found.apps ?? {}));
            throw new VcpError('not_found', `Unit ${unit} has no application “${app}”.`, near === undefined ? {} : { hint: `Did you mean “${near}”?` });
          }
          const { [app]: _removed, ...others } = found.apps;
          const { apps: _apps, ...rest } = found;
          return Object.keys(others).length === 0 ? rest : { ...rest, apps: others };
        })
      })
    });
  }

  async deleteVc(caller: Caller, name: string, confirm: string | undefined): Promise<Accepted> {
    const { store, clock } = this.#context;
    const bodyDigest = digestOf({ vc: name, kind: 'delete' });
    const { operation, attached } = await store.transaction(async tx => {
      const known = await operationOfKey(tx, caller, bodyDigest, clock.now());
      if (known !== undefined) return { operation: known, attached: true };
      const vc = await findVc(tx, caller, 'destroy', name);
      mustBeConfirmed(vc, confirm);
      const running = (await tx.claims()).find(claim => claim.resource === vcClaim(vc.id));
      const before = running === undefined ? undefined : await tx.operation(running.operation);
      const decided = before ?? (await this.#writeDeletion(tx, caller, vc));
      await keepKey(tx, caller, bodyDigest, decided.id, clock.now() + this.#context.settings.keysKeptMs);
      return { operation: decided, attached: before !== undefined };
    });
    if (!attached) this.#engine.take(operation);
    return { operation: operationView(operation, clock.now()), attached };
  }

  async cancel(caller: Caller, id: string): Promise<OperationView> {
    const { store, clock } = this.#context;
    const operation = await store.transaction(async tx => {
      const found = await findOperation(tx, caller, 'change', id);
      if (isFinished(found.state) || found.cancelRequested) return found;
      if (found.request.deleteVc) throw new VcpError('conflict', `The deletion of ${found.vc} cannot be taken back half-way.`, { operation: id, hint: 'Let it end, then make the virtual cloud anew.' });
      const asked = { ...found, cancelRequested: true, actor: found.actor };
      await putOperation(tx, asked, clock.now());
      return asked;
    });
    this.#engine.requestCancel(id);
    return operationView(operation, clock.now());
  }

  async delivered(caller: Caller, id: string): Promise<void> {
    await this.#context.store.transaction(async tx => {
      await findOperation(tx, caller, 'read', id);
      await freeKeys(tx, id);
    });
  }

  async #writeDeletion(tx: Parameters<Parameters<Context['store']['transaction']>[0]>[0], caller: Caller, vc: VirtualCloud): Promise<Operation> {
    const { clock, ids, catalog } = this.#context;
    const now = clock.now();
    const nodes = await tx.nodes(vc.id);
    const operation: Operation = {
      owner: vc.owner, project: vc.project, actor: caller.actor.user, origin: caller.origin,
      id: ids.next('op'), kind: 'delete', title: `Delete ${vc.name}`, vcId: vc.id, vc: vc.name, state: 'queued', phase: '', revision: vc.revision, cloudMs: 0, cancelRequested: false, createdAt: now,
      resources: nodes.map(node => ({ kind: 'node', name: node.name, id: node.id, state: 'waiting', phase: '' })),
      request: { create: [], remove: [], repair: [], reconcile: [], removeApps: {}, units: [], onLeave: {}, deleteVc: true, onFailure: 'keep' }
    };
    await putOperation(tx, operation, now);
    await tx.addClaim({ resource: vcClaim(vc.id), operation: operation.id });
    for (const other of await tx.operations({ vcId: vc.id, open: true, limit: 500 })) {
      if (other.id !== operation.id && !other.cancelRequested) await putOperation(tx, { ...other, cancelRequested: true }, now);
    }
    await refreshVc(tx, vc.id, catalog);
    return operation;
  }

  #accept(change: Change): Promise<Accepted> {
    return acceptChange(this.#context, this.#engine, change);
  }
}

/** @throws VcpError not_found, forbidden. */
export async function findOperation(reader: StoreReader, caller: Caller, verb: 'read' | 'change', id: string): Promise<Operation> {
  const operation = await reader.operation(id);
  if (operation === undefined) throw noSuch('operation', id);
  mustBeAllowed(caller.actor, verb, { kind: 'operation', project: operation.project, name: id });
  return operation;
}

/** What is wanted, without what it was planned on: a cell that runs again has planned anew and still wants the same. */
function wishOf<T extends { readonly baseRevision?: unknown }>(input: T): object {
  const { baseRevision: _baseRevision, ...wish } = input;
  return 'planDigest' in wish ? { ...wish, planDigest: undefined } : wish;
}

/** The document for the virtual cloud that was addressed; its name is part of it and cannot change. */
function named(document: VcDocument, existing: VirtualCloud | undefined, addressed: string): VcDocument {
  const name = existing?.name ?? addressed;
  if (!NAME_PATTERN.test(name)) throw existing === undefined && document.name !== addressed ? noSuch('vc', addressed) : new VcpError('invalid_request', `“${name}” is not a name of a virtual cloud: it must be ${NAME_RULE}.`);
  if (document.name !== name) throw new VcpError('invalid_request', `The document is called ${document.name}, but ${name} was addressed.`, { hint: 'A virtual cloud cannot be renamed: use the same name in both places.', at: [{ path: 'name', message: `must be ${name}` }] });
  return document;
}

function unitOf(vc: VirtualCloud | undefined, addressed: string, unit: string): { readonly document: VcDocument; readonly found: UnitDocument } {
  if (vc === undefined) throw noSuch('vc', addressed);
  const found = vc.document.units.find(candidate => candidate.name === unit);
  if (found !== undefined) return { document: vc.document, found };
  const near = nearest(unit, vc.document.units.map(candidate => candidate.name));
  throw new VcpError('not_found', `Virtual cloud ${vc.name} has no unit “${unit}”.`, near === undefined ? {} : { hint: `Did you mean “${near}”?` });
}

function changedUnit(vc: VirtualCloud | undefined, addressed: string, unit: string, change: (found: UnitDocument) => UnitDocument): VcDocument {
  const { document } = unitOf(vc, addressed, unit);
  return { ...document, units: document.units.map(candidate => (candidate.name === unit ? change(candidate) : candidate)) };
}

function namedNode(nodes: readonly Node[], name: string): Node {
  const present = nodes.filter(isPresent);
  const found = present.find(node => node.name === name || node.id === name);
  if (found !== undefined) return found;
  const near = nearest(name, present.map(node => nodeName(node.unit, node.number)));
  throw new VcpError('not_found', `There is no node “${name}”.`, { hint: near === undefined ? 'Look at the nodes with: vcp ps' : `Did you mean “${near}”?` });
}

function mustBeConfirmed(vc: VirtualCloud, confirm: string | undefined): void {
  if (confirm === vc.name) return;
  throw new VcpError('confirmation_required', `Deleting ${vc.name} removes everything in it${confirm === undefined ? '' : `; “${confirm}” is not its name`}.`, { hint: `If that is meant, add: --confirm ${vc.name}`, details: { confirm: vc.name } });
}
