import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';

/** Who holds a data folder, for the message to whoever comes second. */
export interface LockHolder { readonly pid: number; readonly startTime: string; readonly socket?: string | undefined; readonly since: string }

const SQLITE_BUSY = 5;

/**
 * One controller a data folder. The lock is the operating system's (an exclusive transaction on a small
 * database of its own), so a dead holder never has to be guessed at: its lock died with it.
 */
export class FolderLock {
  readonly #database: DatabaseSync;
  readonly #note: string;

  private constructor(database: DatabaseSync, note: string) {
    this.#database = database;
    this.#note = note;
  }

  /** @throws VcpError conflict naming the holder's process, socket and start. */
  static take(folder: string, details: { readonly socket?: string | undefined; readonly now: number }): FolderLock {
    const note = join(folder, 'controller-lock.json');
    const database = new DatabaseSync(join(folder, 'controller-lock.db'), { timeout: 0 });
    try {
      database.exec('PRAGMA journal_mode = DELETE');
      database.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
      throw heldBy(folder, readHolder(note));
    }
    const holder: LockHolder = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '', socket: details.socket, since: new Date(details.now).toISOString() };
    writeFileSync(`${note}.new`, JSON.stringify(holder), { mode: 0o600 });
    renameSync(`${note}.new`, note);
    return new FolderLock(database, note);
  }

  release(): void {
    rmSync(this.#note, { force: true });
    this.#database.exec('ROLLBACK');
    this.#database.close();
  }
}

function heldBy(folder: string, holder: LockHolder | undefined): VcpError {
  const who = holder === undefined ? 'another controller' : `the controller with process id ${holder.pid}${holder.socket === undefined ? '' : ` (${holder.socket})`}, since ${holder.since}`;
  return new VcpError('conflict', `The data folder ${folder} is in use by ${who}.`, {
    hint: holder === undefined ? 'Stop it, or set VCP_HOME to another folder.' : 'Use that controller, stop it with vcp controller stop, or set VCP_HOME to another folder.',
    ...(holder === undefined ? {} : { details: { ...holder } })
  });
}

function readHolder(note: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(readFileSync(note, 'utf8')) as LockHolder;
    // The note may be older than the lock; a dead process or a reused pid is not the holder.
    return startTimeOf(holder.pid) === (holder.startTime === '' ? undefined : holder.startTime) ? holder : undefined;
  } catch {
    return undefined;
  }
}

/** Start of a process in clock ticks since boot (field 22 of /proc/PID/stat); undefined where there is no such process or no /proc. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
