import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isFinished, type VcpEvent } from '@jupyterlab-vcp/sdk/wire';
import type { Claim, ExecRecord, IdempotencyRecord, JournalEntry, ListOptions, Network, Node, Operation, Revision, StoreReader, VirtualCloud } from '../domain/index.js';
import type { Image } from './image.js';
import type { Age, MemoryTable } from './memory-table.js';

/** The past `expectedMs` is a mean of. */
const DURATIONS_LOOKED_AT = 20;

/** Reads from the image in memory, and from the database what is not held there. */
export class SqliteReader implements StoreReader {
  readonly #prepared = new Map<string, StatementSync>();

  constructor(
    readonly database: DatabaseSync,
    readonly image: Image,
    readonly age: Age,
    /** Sequence number of the last event on disk. */
    readonly newest: () => number
  ) {}

  async vc(id: string): Promise<VirtualCloud | undefined> {
    return this.image.vcs.get(id, this.age);
  }

  async vcByName(project: string, name: string): Promise<VirtualCloud | undefined> {
    return find(this.image.vcs.values(this.age), vc => vc.deletedAt === undefined && vc.project === project && vc.name === name);
  }

  async vcs(options: ListOptions & { readonly project?: string | undefined }): Promise<readonly VirtualCloud[]> {
    const living = filter(this.image.vcs.values(this.age), vc => vc.deletedAt === undefined && (options.project === undefined || vc.project === options.project));
    return page(living, vc => vc.id, options);
  }

  async deletedVcs(): Promise<readonly VirtualCloud[]> {
    return filter(this.image.vcs.values(this.age), vc => vc.deletedAt !== undefined);
  }

  async revisions(vcId: string, after: number): Promise<readonly Revision[]> {
    const stored = this.#bodies<Revision>('SELECT body FROM revisions WHERE vc_id = ? AND revision > ? ORDER BY revision', vcId, after);
    return merged(stored, this.#staged(this.image.revisions, revision => revision.vcId === vcId && revision.revision > after), revision => revision.revision);
  }

  async networks(vcId: string): Promise<readonly Network[]> {
    return filter(this.image.networks.values(this.age), network => network.vcId === vcId && network.state !== 'deleted').sort((a, b) => compare(a.id, b.id));
  }

  async allNetworks(): Promise<readonly Network[]> {
    return filter(this.image.networks.values(this.age), network => network.state !== 'deleted');
  }

  async node(id: string): Promise<Node | undefined> {
    return this.image.nodes.get(id, this.age) ?? this.#bodies<Node>('SELECT body FROM nodes WHERE id = ?', id)[0];
  }

  async nodes(vcId: string): Promise<readonly Node[]> {
    return filter(this.image.nodes.values(this.age), node => node.vcId === vcId && node.state !== 'deleted').sort(byUnitAndNumber);
  }

  async nodesPage(vcId: string, options: ListOptions): Promise<readonly Node[]> {
    const nodes = await this.nodes(vcId);
    if (options.after === undefined) return nodes.slice(0, options.limit);
    const [unit, number] = options.after.split(':');
    const last = { unit: unit ?? '', number: Number(number) };
    return nodes.filter(node => byUnitAndNumber(node, last) > 0).slice(0, options.limit);
  }

  async allNodes(): Promise<readonly Node[]> {
    return filter(this.image.nodes.values(this.age), node => node.state !== 'deleted');
  }

  async operation(id: string): Promise<Operation | undefined> {
    return this.image.operations.get(id, this.age) ?? this.#bodies<Operation>('SELECT body FROM operations WHERE id = ?', id)[0];
  }

  async operations(options: ListOptions & { readonly vcId?: string | undefined; readonly open?: boolean | undefined }): Promise<readonly Operation[]> {
    const wanted = (operation: Operation): boolean => (options.vcId === undefined || operation.vcId === options.vcId) && (options.open === undefined || options.open === !isFinished(operation.state));
    const held = filter(this.image.operations.values(this.age), wanted);
    const last = options.after === undefined ? undefined : await this.operation(options.after);
    const stored = options.open === true ? [] : this.#storedOperations(options, last);
    const all = merged(stored.filter(operation => wanted(this.image.operations.get(operation.id, this.age) ?? operation)), held, operation => operation.id);
    return all.filter(operation => last === undefined || newestFirst(operation, last) > 0).sort(newestFirst).slice(0, options.limit);
  }

  #storedOperations(options: ListOptions & { readonly vcId?: string | undefined }, last: Operation | undefined): readonly Operation[] {
    const before = last === undefined ? [Number.MAX_SAFE_INTEGER, '~'] as const : [last.createdAt, last.id] as const;
    // Held rows may replace some of these, so as many more are read.
    const limit = options.limit + [...this.image.operations.values(this.age)].length;
    return options.vcId === undefined
      ? this.#bodies<Operation>('SELECT body FROM operations WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?', ...before, limit)
      : this.#bodies<Operation>('SELECT body FROM operations WHERE vc_id = ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?', options.vcId, ...before, limit);
  }

  async journal(operation: string): Promise<readonly JournalEntry[]> {
    const stored = this.#all('SELECT seq, at, boot_epoch, operation, resource, act, phase, detail FROM journal WHERE operation = ? ORDER BY seq', operation).map((row): JournalEntry => ({
      seq: Number(row['seq']), at: Number(row['at']), bootEpoch: Number(row['boot_epoch']), operation: String(row['operation']), resource: String(row['resource']),
      act: String(row['act']), phase: String(row['phase']) as JournalEntry['phase'], detail: JSON.parse(String(row['detail'])) as JournalEntry['detail']
    }));
    return merged(stored, this.#staged(this.image.journal, entry => entry.operation === operation), entry => entry.seq).sort((a, b) => a.seq - b.seq);
  }

  async claims(): Promise<readonly Claim[]> {
    return [...this.image.claims.values(this.age)];
  }

  async idempotency(actor: string, key: string): Promise<IdempotencyRecord | undefined> {
    return this.image.idempotency.get(idempotencyKey(actor, key), this.age) ?? this.#bodies<IdempotencyRecord>('SELECT body FROM idempotency WHERE actor = ? AND key = ?', actor, key)[0];
  }

  async idempotencyOf(operation: string): Promise<readonly IdempotencyRecord[]> {
    const stored = this.#bodies<IdempotencyRecord>('SELECT body FROM idempotency WHERE operation = ?', operation);
    const all = merged(stored, this.#staged(this.image.idempotency, () => true), record => idempotencyKey(record.actor, record.key));
    return all.filter(record => record.operation === operation);
  }

  async exec(id: string): Promise<ExecRecord | undefined> {
    return this.image.execs.get(id, this.age) ?? this.#bodies<ExecRecord>('SELECT body FROM execs WHERE id = ?', id)[0];
  }

  async events(after: number, limit: number): Promise<{ readonly events: readonly VcpEvent[]; readonly oldest: number; readonly newest: number }> {
    const newest = this.newest();
    const first = Number(this.#all('SELECT min(seq) AS first FROM events')[0]?.['first'] ?? newest + 1);
    return { events: this.#bodies<VcpEvent>('SELECT body FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?', after, newest, limit), oldest: first, newest };
  }

  async expectedMs(provider: string, flavor: string): Promise<number | undefined> {
    const mean = this.#all('SELECT avg(ms) AS mean FROM (SELECT ms FROM durations WHERE provider = ? AND flavor = ? ORDER BY id DESC LIMIT ?)', provider, flavor, DURATIONS_LOOKED_AT)[0]?.['mean'];
    return typeof mean === 'number' ? Math.round(mean) : undefined;
  }

  #staged<T>(table: MemoryTable<T>, wanted: (row: T) => boolean): readonly T[] {
    return filter(table.values(this.age), wanted);
  }

  #bodies<T>(sql: string, ...values: readonly (string | number)[]): readonly T[] {
    return this.#all(sql, ...values).map(row => JSON.parse(String(row['body'])) as T);
  }

  #all(sql: string, ...values: readonly (string | number)[]): readonly Record<string, unknown>[] {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement.all(...values);
  }
}

export function idempotencyKey(actor: string, key: string): string {
  return JSON.stringify([actor, key]);
}

function byUnitAndNumber(a: Pick<Node, 'unit' | 'number'>, b: Pick<Node, 'unit' | 'number'>): number {
  return compare(a.unit, b.unit) || a.number - b.number;
}

/** Negative when `a` comes first. */
function newestFirst(a: Operation, b: Operation): number {
  return b.createdAt - a.createdAt || compare(b.id, a.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function page<T>(rows: readonly T[], keyOf: (row: T) => string, options: ListOptions): readonly T[] {
  const sorted = [...rows].sort((a, b) => compare(keyOf(a), keyOf(b)));
  return sorted.filter(row => options.after === undefined || keyOf(row) > options.after).slice(0, options.limit);
}

/** Rows from disk with the newer ones from memory in their place. */
function merged<T>(stored: readonly T[], held: readonly T[], keyOf: (row: T) => string | number): T[] {
  const rows = new Map(stored.map(row => [keyOf(row), row]));
  for (const row of held) rows.set(keyOf(row), row);
  return [...rows.values()];
}

function filter<T>(rows: Iterable<T>, wanted: (row: T) => boolean): T[] {
  const found: T[] = [];
  for (const row of rows) if (wanted(row)) found.push(row);
  return found;
}

function find<T>(rows: Iterable<T>, wanted: (row: T) => boolean): T | undefined {
  for (const row of rows) if (wanted(row)) return row;
  return undefined;
}
