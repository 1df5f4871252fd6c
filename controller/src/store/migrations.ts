import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { initialSchema } from './initial-schema.js';

/** SQL of each step; its place in the list plus one is the `user_version` that it leads to. */
export const MIGRATIONS: readonly string[] = [initialSchema];

export interface MigrationReport { readonly from: number; readonly to: number; readonly backup?: string | undefined }

/**
 * Brings the database to the newest version, after a copy of it was made beside it.
 * @throws VcpError conflict when a newer version of the program wrote it.
 */
export function migrate(database: DatabaseSync, file: string, now: number, migrations: readonly string[] = MIGRATIONS): MigrationReport {
  const from = Number(database.prepare('PRAGMA user_version').get()!['user_version']);
  const to = migrations.length;
  if (from > to) {
    throw new VcpError('conflict', `The database ${file} has version ${from}; this program knows versions up to ${to}.`, { hint: 'Start a version of jupyterlab-vcp that is at least as new as the one that wrote it, or use another data folder.' });
  }
  if (from === to) return { from, to };
  const backup = from === 0 ? undefined : backUp(database, file, from, now);
  for (let version = from; version < to; version += 1) {
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(migrations[version]!);
      database.exec(`PRAGMA user_version = ${version + 1}`);
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw new VcpError('internal', `The database ${file} could not be brought from version ${version} to ${version + 1}.`, { hint: backup === undefined ? 'Nothing was changed.' : `Nothing was changed; a copy from before is at ${backup}.`, cause: error });
    }
  }
  return { from, to, backup };
}

function backUp(database: DatabaseSync, file: string, version: number, now: number): string {
  const folder = join(dirname(file), 'backups');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stem = `version-${version}-${new Date(now).toISOString().replace(/[:.]/g, '-')}`;
  let path = join(folder, `${stem}.db`);
  for (let copy = 2; existsSync(path); copy += 1) path = join(folder, `${stem}-${copy}.db`);
  database.prepare('VACUUM INTO ?').run(path);
  return path;
}
