import type { CloudProvider, Node, Operation, ProviderCatalog, StoreReader, StoreWriter, VcRows, VirtualCloud } from '../domain/index.js';
import { groupReason, iso, nodeView, operationView, vcView } from '../domain/index.js';

/** `unit:<vc>/<unit>`: the claim that an operation holds on a unit. */
export function unitClaim(vcId: string, unit: string): string {
  return `unit:${vcId}/${unit}`;
}

/** The claim of a deletion; while it is held nothing else begins in that virtual cloud. */
export function vcClaim(vcId: string): string {
  return `vc:${vcId}`;
}

export function providerLookup(catalog: ProviderCatalog): (name: string) => CloudProvider | undefined {
  return name => {
    try {
      return catalog.get(name);
    } catch {
      return undefined;
    }
  };
}

/** The rows that the views of a virtual cloud are made of. */
export async function vcRows(reader: StoreReader, vc: VirtualCloud, catalog: ProviderCatalog): Promise<VcRows> {
  const prefix = unitClaim(vc.id, '');
  const claims = await reader.claims();
  return {
    vc, networks: await reader.networks(vc.id), nodes: await reader.nodes(vc.id),
    open: await reader.operations({ vcId: vc.id, open: true, limit: 500 }),
    claimedUnits: new Set(claims.filter(claim => claim.resource.startsWith(prefix)).map(claim => claim.resource.slice(prefix.length))),
    provider: providerLookup(catalog)
  };
}

/** Writes the derived state beside what it derives from and tells everybody, in the same transaction. */
export async function refreshVc(tx: StoreWriter, vcId: string, catalog: ProviderCatalog): Promise<void> {
  const vc = await tx.vc(vcId);
  if (vc === undefined || vc.deletedAt !== undefined) return;
  const rows = await vcRows(tx, vc, catalog);
  const view = vcView(rows);
  const reason = groupReason(view.state, rows.nodes, 0);
  if (view.state !== vc.state || reason !== vc.reason) await tx.putVc({ ...vc, state: view.state, reason });
  await tx.addEvent({ type: 'vc.changed', vc: vc.name, vcId: vc.id, data: { ...view } });
}

/** Writes a node and tells everybody. */
export async function putNode(tx: StoreWriter, node: Node, catalog: ProviderCatalog): Promise<void> {
  await tx.putNode(node);
  const vc = await tx.vc(node.vcId);
  if (vc === undefined) return;
  if (node.state === 'deleted') {
    await tx.addEvent({ type: 'node.deleted', vc: vc.name, vcId: vc.id, data: { id: node.id, name: node.name, unit: node.unit } });
    return;
  }
  const view = nodeView(node, { vc, networks: await tx.networks(node.vcId), provider: providerLookup(catalog) });
  await tx.addEvent({ type: 'node.changed', vc: vc.name, vcId: vc.id, data: { ...view } });
}

/** Writes an operation and tells everybody. */
export async function putOperation(tx: StoreWriter, operation: Operation, now: number): Promise<void> {
  await tx.putOperation(operation);
  await tx.addEvent({ type: 'operation.changed', vc: operation.vc, vcId: operation.vcId, operation: operation.id, data: { ...operationView(operation, now) } });
}

/** A line for people in the log of an operation; `resource` is what it is about. */
export async function logLine(tx: StoreWriter, operation: Operation, now: number, line: { readonly level: 'info' | 'warning' | 'error'; readonly message: string; readonly resource?: string | undefined }): Promise<void> {
  await tx.addEvent({ type: 'operation.log', vc: operation.vc, vcId: operation.vcId, operation: operation.id, data: { ...line, at: iso(now) } });
}
