/** What the writer thread can do. Every entity is written whole. */
const entity = (table: string): string => `INSERT INTO ${table} (id, boot_epoch, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET boot_epoch = excluded.boot_epoch, body = excluded.body`;
const ofVc = (table: string): string => `INSERT INTO ${table} (id, vc_id, boot_epoch, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET boot_epoch = excluded.boot_epoch, body = excluded.body`;

export const STATEMENTS = {
  putVc: entity('virtual_clouds'),
  putRevision: 'INSERT INTO revisions (vc_id, revision, boot_epoch, body) VALUES (?, ?, ?, ?)',
  putNetwork: ofVc('networks'),
  putNode: ofVc('nodes'),
  putOperation: ofVc('operations'),
  addJournal: 'INSERT INTO journal (seq, at, boot_epoch, operation, resource, act, phase, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  addClaim: 'INSERT INTO claims (resource, operation, boot_epoch) VALUES (?, ?, ?)',
  removeClaim: 'DELETE FROM claims WHERE resource = ?',
  putIdempotency: 'INSERT INTO idempotency (actor, key, boot_epoch, body) VALUES (?, ?, ?, ?) ON CONFLICT (actor, key) DO UPDATE SET boot_epoch = excluded.boot_epoch, body = excluded.body',
  putExec: ofVc('execs'),
  addEvent: 'INSERT INTO events (seq, at, body) VALUES (?, ?, ?)',
  addDuration: 'INSERT INTO durations (provider, flavor, at, ms) VALUES (?, ?, ?, ?)',
  pruneEventsByAge: 'DELETE FROM events WHERE at < ? AND seq < (SELECT max(seq) FROM events)',
  pruneEventsByCount: 'DELETE FROM events WHERE seq <= (SELECT max(seq) FROM events) - ?',
  pruneJournal: "DELETE FROM journal WHERE at < ? AND operation NOT IN (SELECT id FROM operations WHERE state IN ('queued', 'running'))",
  pruneIdempotency: 'DELETE FROM idempotency WHERE expires_at < ?',
  pruneExecs: 'DELETE FROM execs WHERE started_at < ?',
  pruneDurations: 'DELETE FROM durations WHERE id <= (SELECT max(id) FROM durations) - 2000',
  forgetVc: 'DELETE FROM virtual_clouds WHERE id = ?'
} as const satisfies Readonly<Record<string, string>>;

export type StatementName = keyof typeof STATEMENTS;
