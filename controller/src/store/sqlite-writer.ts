import { VcpError, type VcpEvent } from '@jupyterlab-vcp/sdk/wire';
import type { Claim, ExecRecord, IdempotencyRecord, JournalEntry, Network, NewEvent, Node, Operation, Revision, StoreWriter, VirtualCloud } from '../domain/index.js';
import type { SqlValue, Write } from './commit-worker.js';
import type { MemoryTable } from './memory-table.js';
import { idempotencyKey, SqliteReader } from './sqlite-reader.js';
import type { StatementName } from './statements.js';

const DAY_MS = 86_400_000;
/** How long a deleted virtual cloud is remembered, so that resources of it that appear late are known. */
const TOMBSTONE_MS = 30 * DAY_MS;
const EXECS_MS = 30 * DAY_MS;

/** What a store hands to its transactions. */
export interface Counters { nextEvent: number; nextJournal: number }
export interface WriterSettings { readonly bootEpoch: number; readonly now: number; readonly mostEvents: number }

/** One transaction: it stages rows in the image at once and gathers what has to go to disk. */
export class SqliteWriter extends SqliteReader implements StoreWriter {
  readonly writes: Write[] = [];
  readonly added: VcpEvent[] = [];
  readonly #undo: (() => void)[] = [];
  readonly #publish: (() => void)[] = [];
  readonly #counters: Counters;
  readonly #settings: WriterSettings;

  constructor(reader: SqliteReader, counters: Counters, settings: WriterSettings) {
    super(reader.database, reader.image, 'latest', reader.newest);
    this.#counters = counters;
    this.#settings = settings;
    const before = { ...counters };
    this.#undo.push(() => Object.assign(counters, before));
  }

  /** Takes everything back, as if the transaction had not been. */
  undo(): void {
    for (const step of this.#undo.reverse()) step();
  }

  /** Everything is on disk: shows it to readers. */
  publish(): void {
    for (const step of this.#publish) step();
  }

  async putVc(vc: VirtualCloud): Promise<void> {
    this.#put(this.image.vcs, vc.id, vc, 'putVc', vc.id);
  }

  async putRevision(revision: Revision): Promise<void> {
    this.#put(this.image.revisions, `${revision.vcId}/${revision.revision}`, revision, 'putRevision', revision.vcId, revision.revision);
  }

  async putNetwork(network: Network): Promise<void> {
    this.#put(this.image.networks, network.id, network, 'putNetwork', network.id, network.vcId);
  }

  async putNode(node: Node): Promise<void> {
    this.#put(this.image.nodes, node.id, node, 'putNode', node.id, node.vcId);
  }

  async putOperation(operation: Operation): Promise<void> {
    this.#put(this.image.operations, operation.id, operation, 'putOperation', operation.id, operation.vcId);
  }

  async putExec(exec: ExecRecord): Promise<void> {
    this.#put(this.image.execs, exec.id, exec, 'putExec', exec.id, exec.vcId);
  }

  async putIdempotency(record: IdempotencyRecord): Promise<void> {
    this.#put(this.image.idempotency, idempotencyKey(record.actor, record.key), record, 'putIdempotency', record.actor, record.key);
  }

  async addJournal(entry: Omit<JournalEntry, 'seq' | 'at' | 'bootEpoch'>): Promise<void> {
    const { bootEpoch, now } = this.#settings;
    const full: JournalEntry = { ...entry, seq: this.#counters.nextJournal++, at: now, bootEpoch };
    this.#stage(this.image.journal, String(full.seq), full);
    this.#write('addJournal', full.seq, full.at, bootEpoch, full.operation, full.resource, full.act, full.phase, JSON.stringify(full.detail));
  }

  async addClaim(claim: Claim): Promise<void> {
    const held = this.image.claims.get(claim.resource, 'latest');
    if (held !== undefined) {
      if (held.operation === claim.operation) return;
      const holder = await this.operation(held.operation);
      throw new VcpError('conflict', `${holder?.title ?? 'Another operation'} is still at work here.`, { hint: 'Wait until it has ended, or cancel it.', operation: held.operation });
    }
    this.#stage(this.image.claims, claim.resource, claim);
    this.#write('addClaim', claim.resource, claim.operation, this.#settings.bootEpoch);
  }

  async removeClaims(operation: string): Promise<void> {
    for (const claim of [...this.image.claims.values('latest')].filter(held => held.operation === operation)) {
      this.#stage(this.image.claims, claim.resource, undefined);
      this.#write('removeClaim', claim.resource);
    }
  }

  async addEvent(event: NewEvent): Promise<void> {
    const full: VcpEvent = { ...event, seq: this.#counters.nextEvent++, at: new Date(this.#settings.now).toISOString() };
    this.added.push(full);
    this.#write('addEvent', full.seq, this.#settings.now, JSON.stringify(full));
  }

  async addDuration(provider: string, flavor: string, ms: number): Promise<void> {
    this.#write('addDuration', provider, flavor, this.#settings.now, Math.round(ms));
  }

  async prune(before: number): Promise<void> {
    const { now, mostEvents } = this.#settings;
    this.#write('pruneEventsByAge', before);
    this.#write('pruneEventsByCount', mostEvents);
    this.#write('pruneJournal', before);
    this.#write('pruneIdempotency', now);
    this.#write('pruneExecs', now - EXECS_MS);
    this.#write('pruneDurations');
    for (const vc of await this.deletedVcs()) {
      if (vc.deletedAt! > now - TOMBSTONE_MS) continue;
      this.#stage(this.image.vcs, vc.id, undefined);
      this.#write('forgetVc', vc.id);
    }
  }

  #put<T>(table: MemoryTable<T>, key: string, row: T, statement: StatementName, ...keys: readonly SqlValue[]): void {
    this.#stage(table, key, row);
    this.#write(statement, ...keys, this.#settings.bootEpoch, JSON.stringify(row));
  }

  #stage<T>(table: MemoryTable<T>, key: string, row: T | undefined): void {
    this.#undo.push(table.stage(key, row));
    this.#publish.push(() => table.publish(key, row));
  }

  #write(statement: StatementName, ...values: readonly SqlValue[]): void {
    this.writes.push([statement, ...values]);
  }
}
