import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';

/** Linux keeps 108 bytes for the path of a unix socket, with a zero at its end. */
const LONGEST_PATH_BYTES = 107;

export interface RuntimePlace { readonly environment: Readonly<Record<string, string | undefined>>; readonly uid: number; readonly temporaryFolder: string }

/**
 * Where the controller of a data folder listens: in the person's own runtime folder, under a name made from the data folder.
 * The folder is made when it is not there, and refused when others could get at it.
 * @throws VcpError forbidden, invalid_request (a path longer than a socket's may be)
 */
export function runtimeSocket(home: string, place: RuntimePlace, given?: string): string {
  const path = given ?? join(runtimeFolder(place), `vcp-${createHash('sha256').update(home).digest('hex').slice(0, 16)}.sock`);
  if (Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
    throw new VcpError('invalid_request', `The path of the socket has ${Buffer.byteLength(path)} bytes; at most ${LONGEST_PATH_BYTES} are possible: ${path}`, { hint: 'Set XDG_RUNTIME_DIR or VCP_SOCKET to a shorter path.' });
  }
  return path;
}

function runtimeFolder({ environment, uid, temporaryFolder }: RuntimePlace): string {
  const given = environment['XDG_RUNTIME_DIR'];
  if (given !== undefined && given !== '' && isPrivate(given, uid)) return given;
  const own = join(temporaryFolder, `vcp-${uid}`);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  if (!isPrivate(own, uid)) throw new VcpError('forbidden', `The runtime folder ${own} belongs to somebody else or is open to others.`, { hint: `Remove it, or set XDG_RUNTIME_DIR to a folder of your own with mode 0700.` });
  return own;
}

/** A folder, not a link, that only this user can enter. */
function isPrivate(folder: string, uid: number): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0;
}

/** Takes away what a controller that was killed left behind. Call it only while holding the data folder's lock. */
export function clearSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new VcpError('conflict', `${path} is in the way: it is not a socket.`, { hint: 'Remove it, or set VCP_SOCKET to another path.' });
  rmSync(path);
}

/** Its permission is the login: only its owner may connect. */
export function protectSocket(path: string): void {
  chmodSync(path, 0o600);
  if ((statSync(path).mode & 0o777) !== 0o600) throw new VcpError('forbidden', `The socket ${path} cannot be protected: its file system keeps no permissions.`, { hint: 'Set XDG_RUNTIME_DIR to a folder on a local file system.' });
}
