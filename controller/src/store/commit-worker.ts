// The one writer of the database, on a thread of its own: a sync of a busy disk takes up to hundreds of
// milliseconds, and the event loop of the controller must not wait for it.
// Imports Node's own modules only, because it runs without a bundler when it runs from source.
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

export type SqlValue = string | number | null;
export type Write = readonly [statement: string, ...values: readonly SqlValue[]];
export interface CommitWorkerData { readonly file: string; readonly statements: Readonly<Record<string, string>>; readonly bootEpoch: number; readonly mostPages?: number | undefined }
export type CommitRequest = { readonly batch: number; readonly writes: readonly Write[] } | { readonly close: true };
export type CommitReply =
  | { readonly ready: true; readonly synchronous: number; readonly journalMode: string }
  | { readonly batch: number; readonly failed?: { readonly code: number; readonly message: string; readonly statement?: string | undefined } | undefined }
  | { readonly closed: true };

const { file, statements, bootEpoch, mostPages } = workerData as CommitWorkerData;
const port = parentPort!;
const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5000 });
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
if (mostPages !== undefined) database.exec(`PRAGMA max_page_count = ${mostPages}`);
const prepared = new Map<string, StatementSync>();
const epoch = database.prepare("SELECT value FROM meta WHERE key = 'bootEpoch'");

port.on('message', (request: CommitRequest) => {
  if ('close' in request) {
    database.close();
    port.postMessage({ closed: true } satisfies CommitReply);
    port.close();
    return;
  }
  port.postMessage(commit(request.batch, request.writes));
});
port.postMessage({
  ready: true,
  synchronous: Number(database.prepare('PRAGMA synchronous').get()!['synchronous']),
  journalMode: String(database.prepare('PRAGMA journal_mode').get()!['journal_mode'])
} satisfies CommitReply);

function commit(batch: number, writes: readonly Write[]): CommitReply {
  let current: string | undefined;
  try {
    database.exec('BEGIN IMMEDIATE');
    if (Number(epoch.get()?.['value']) !== bootEpoch) throw Object.assign(new Error('another controller took over the database'), { errcode: 0 });
    for (const [name, ...values] of writes) {
      current = name;
      statement(name).run(...values);
    }
    current = undefined;
    database.exec('COMMIT');
    return { batch };
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    return { batch, failed: { code: (error as { errcode?: number }).errcode ?? 0, message: (error as Error).message, statement: current } };
  }
}

function statement(name: string): StatementSync {
  const known = prepared.get(name);
  if (known !== undefined) return known;
  const made = database.prepare(statements[name]!);
  prepared.set(name, made);
  return made;
}
