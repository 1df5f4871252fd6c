import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { Clock, Log, Store } from '../domain/index.js';
import { refuseNetworkFileSystem } from './file-system.js';
import { FolderLock } from './folder-lock.js';
import { migrate, MIGRATIONS } from './migrations.js';
import { SqliteStore } from './sqlite-store.js';

export interface OpenStoreOptions {
  /** The data folder (`VCP_HOME`); made when it is not there. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Where this controller listens, for the message to a second one. */
  readonly socket?: string | undefined;
  /** How many events are kept at most for clients that come back. */
  readonly mostEvents?: number;
  /** A size (in database pages of 4 KiB) that the database never grows past, as if the disk were full then. */
  readonly mostPages?: number;
  readonly migrations?: readonly string[];
  readonly fileSystemType?: (folder: string) => string;
}

const DEFAULT_MOST_EVENTS = 20_000;
/** Older ones can corrupt a write-ahead log that two connections use (sqlite.org/wal.html#walresetbug). */
const OLDEST_SQLITE = [3, 51, 3] as const;

/**
 * Opens the one database of a data folder: takes the folder's lock, migrates, counts this start.
 * @throws VcpError conflict (another controller, or a database of a newer version), not_supported (network
 *   file system, SQLite too old), store_read_only.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { folder, clock, log } = options;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(folder, error);
  }
  refuseNetworkFileSystem(folder, options.fileSystemType);
  const lock = takeLock(options);
  const file = join(folder, 'vcp.db');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5000 });
    mustBeNewEnough(database);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    chmodSync(file, 0o600);
    const report = migrate(database, file, clock.now(), options.migrations ?? MIGRATIONS);
    if (report.from !== report.to && report.from > 0) log.info(report, 'the database was brought to a new version');
    const start = countStart(database, randomUUID());
    database.exec('PRAGMA query_only = 1');
    return await SqliteStore.open({ file, database, lock, clock, ...start, mostEvents: options.mostEvents ?? DEFAULT_MOST_EVENTS, mostPages: options.mostPages });
  } catch (error) {
    database?.close();
    lock.release();
    throw isSqliteError(error) ? unwritable(folder, error) : error;
  }
}

function takeLock(options: OpenStoreOptions): FolderLock {
  try {
    return FolderLock.take(options.folder, { socket: options.socket, now: options.clock.now() });
  } catch (error) {
    throw isSqliteError(error) ? unwritable(options.folder, error) : error;
  }
}

/** The installation's id is made once; the number of this start rises each time and fences off older writers. */
function countStart(database: DatabaseSync, newInstallation: string): { readonly installation: string; readonly bootEpoch: number } {
  database.exec('BEGIN IMMEDIATE');
  database.prepare("INSERT INTO meta (key, value) VALUES ('installation', ?) ON CONFLICT (key) DO NOTHING").run(newInstallation);
  database.exec("INSERT INTO meta (key, value) VALUES ('bootEpoch', '1') ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1");
  database.exec('COMMIT');
  const value = (key: string): string => String(database.prepare('SELECT value FROM meta WHERE key = ?').get(key)!['value']);
  return { installation: value('installation'), bootEpoch: Number(value('bootEpoch')) };
}

function mustBeNewEnough(database: DatabaseSync): void {
  const version = String(database.prepare('SELECT sqlite_version() AS version').get()!['version']);
  const parts = version.split('.').map(Number);
  for (const [index, least] of OLDEST_SQLITE.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return;
    if (part < least) throw new VcpError('not_supported', `SQLite ${version} is too old; ${OLDEST_SQLITE.join('.')} or newer is needed.`, { hint: 'Run the controller with the Node that comes with it.' });
  }
}

function isSqliteError(error: unknown): boolean {
  return (error as { code?: string }).code === 'ERR_SQLITE_ERROR';
}

function unwritable(folder: string, cause: unknown): VcpError {
  return new VcpError('store_read_only', `The data folder ${folder} cannot be written: ${(cause as Error).message}.`, { hint: 'Make room on its disk, or set VCP_HOME to a folder that you may write.', cause });
}
