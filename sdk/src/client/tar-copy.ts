import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, readlink, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, posix, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack, type Pack } from 'tar-stream';
import { VcpError } from '../wire/index.js';

/** A local file or folder as a tar stream, and the folder of the node below which it belongs. */
export interface Upload { readonly folder: string; readonly tar: AsyncIterable<Uint8Array> }

/**
 * `cp -r local remote` as a tar stream. `remote` is the new name; with a "/" at its end it is the folder to copy into.
 * @throws VcpError not_found when the local path does not exist.
 */
export async function uploadOf(local: string, remote: string): Promise<Upload> {
  const found = await stat(local).catch((error: unknown) => { throw missing(local, error); });
  const target = remote.endsWith('/') ? posix.join(remote, basename(resolve(local))) : posix.normalize(remote);
  const archive = pack();
  const filling = found.isDirectory() ? addFolder(archive, local, posix.basename(target)) : addFile(archive, local, posix.basename(target));
  filling.then(() => archive.finalize(), (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))));
  return { folder: posix.dirname(target), tar: archive as AsyncIterable<Uint8Array> };
}

async function addFolder(archive: Pack, folder: string, name: string): Promise<void> {
  const own = await stat(folder);
  await entry(archive, { name: `${name}/`, type: 'directory', mode: own.mode & 0o7777, mtime: own.mtime });
  for (const child of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, child.name);
    const childName = `${name}/${child.name}`;
    if (child.isDirectory()) await addFolder(archive, path, childName);
    else if (child.isSymbolicLink()) await entry(archive, { name: childName, type: 'symlink', linkname: await readlink(path) });
    else if (child.isFile()) await addFile(archive, path, childName);
  }
}

async function addFile(archive: Pack, path: string, name: string): Promise<void> {
  const { size, mode, mtime } = await stat(path);
  const header = { name, size, mode: mode & 0o7777, mtime };
  // A file that grows while it is read would break the archive: only the size that was announced is sent.
  if (size === 0) await entry(archive, header);
  else await pipeline(createReadStream(path, { end: size - 1 }), archive.entry(header));
}

/** An entry without content. */
function entry(archive: Pack, header: Parameters<Pack['entry']>[0]): Promise<void> {
  return new Promise((done, failed) => { archive.entry(header, '', error => (error ? failed(error) : done())); });
}

/**
 * Unpacks a tar of one remote file or folder as `local`; with a "/" at its end, or when it is an existing folder, into it.
 * Entries that would leave the target are refused.
 * @returns the local path that was made
 */
export async function unpackTo(tar: AsyncIterable<Uint8Array>, local: string): Promise<string> {
  const into = local.endsWith('/') || local.endsWith(sep) || (await stat(local).then(found => found.isDirectory(), () => false));
  const archive = extract();
  const feeding = pipeline(Readable.from(tar, { objectMode: false }), archive);
  feeding.catch(() => undefined);
  let root: string | undefined;
  for await (const item of archive) {
    const parts = item.header.name.split('/').filter(part => part !== '' && part !== '.');
    if (parts.includes('..')) throw new VcpError('invalid_request', `The archive holds an entry outside of itself: ${item.header.name}`);
    root ??= into ? join(local, parts[0] ?? '') : local;
    const path = join(root, ...parts.slice(1));
    await mkdir(item.header.type === 'directory' ? path : dirname(path), { recursive: true });
    if (item.header.type === 'file') await pipeline(item, createWriteStream(await unlinked(path), { mode: item.header.mode ?? 0o644 }));
    else {
      if (item.header.type === 'symlink') await link(root, path, item.header.linkname ?? '');
      item.resume();
    }
  }
  await feeding;
  if (root === undefined) throw new VcpError('not_found', 'Nothing came from the node.');
  return root;
}

async function link(root: string, path: string, target: string): Promise<void> {
  const pointed = resolve(dirname(path), target);
  if (pointed !== resolve(root) && !pointed.startsWith(resolve(root) + sep)) throw new VcpError('invalid_request', `The link ${basename(path)} points out of what was copied: ${target}`, { hint: 'Copy what it points to instead.' });
  await symlink(target, path);
}

/** Writing through a link that an earlier entry made could leave the target. */
async function unlinked(path: string): Promise<string> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink() === true) throw new VcpError('conflict', `${path} is a link; nothing is written through it.`, { hint: 'Remove it, or copy to another place.' });
  return path;
}

function missing(path: string, cause: unknown): VcpError {
  return new VcpError('not_found', `${path} does not exist on this machine.`, { hint: 'Name a file or folder of the machine on which this runs.', cause });
}
