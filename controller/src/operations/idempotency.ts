import { isFinished, VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { Caller, Operation, StoreReader, StoreWriter } from '../domain/index.js';

/**
 * The operation that this key already leads to: while it is unfinished, or its result never reached the one who asked.
 * Afterwards the key is free again.
 * @throws VcpError idempotency_mismatch when the same key came with another request.
 */
export async function operationOfKey(reader: StoreReader, caller: Caller, bodyDigest: string, now: number): Promise<Operation | undefined> {
  if (caller.idempotencyKey === undefined) return undefined;
  const record = await reader.idempotency(caller.actor.user, caller.idempotencyKey);
  if (record === undefined || record.expiresAt <= now) return undefined;
  const operation = await reader.operation(record.operation);
  if (operation === undefined || (isFinished(operation.state) && record.delivered)) return undefined;
  if (record.bodyDigest !== bodyDigest) {
    throw new VcpError('idempotency_mismatch', `This request repeats the key of “${operation.title}”, but asks for something else.`, { operation: operation.id, hint: 'Send another Idempotency-Key with another request.' });
  }
  return operation;
}

export async function keepKey(tx: StoreWriter, caller: Caller, bodyDigest: string, operation: string, expiresAt: number): Promise<void> {
  if (caller.idempotencyKey === undefined) return;
  await tx.putIdempotency({ key: caller.idempotencyKey, actor: caller.actor.user, bodyDigest, operation, delivered: false, expiresAt });
}

/** The result has arrived: its keys no longer attach. */
export async function freeKeys(tx: StoreWriter, operation: string): Promise<void> {
  for (const record of await tx.idempotencyOf(operation)) if (!record.delivered) await tx.putIdempotency({ ...record, delivered: true });
}
