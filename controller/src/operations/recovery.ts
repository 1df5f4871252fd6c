import { isMoving, moveNode } from '../domain/index.js';
import type { Context } from './context.js';
import type { Engine } from './engine.js';
import { changeNode } from './node-rows.js';
import { refreshVc } from './vc-rows.js';
import { isHeld } from './watch.js';

/**
 * Takes up what an earlier start of the controller left. Operations are run again from their rows; a node on its way
 * without an operation, which should not be, is shown as in error. Done twice, the second time does nothing.
 */
export async function recover(context: Context, engine: Engine): Promise<void> {
  const open = await context.store.read(reader => reader.operations({ open: true, limit: 10_000 }));
  await context.persist(async tx => {
    const held = new Set((await tx.claims()).map(claim => claim.resource));
    for (const node of await tx.allNodes()) {
      if (!isMoving(node.state) || isHeld(node, held)) continue;
      context.log.warn({ node: node.name, state: node.state }, 'a node was on its way, but no operation knows it');
      await changeNode(tx, context, node.id, current => moveNode(current, 'error', { wanted: 'present', reason: 'it was left half-way' }));
    }
    for (const vc of await tx.vcs({ limit: Number.MAX_SAFE_INTEGER })) await refreshVc(tx, vc.id, context.catalog);
  });
  if (open.length > 0) context.log.info({ operations: open.map(operation => operation.id) }, 'taking up unfinished operations');
  for (const operation of [...open].sort((a, b) => a.createdAt - b.createdAt)) engine.take(operation);
}
