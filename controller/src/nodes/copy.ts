import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { posix } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { ClientChannel } from 'ssh2';
import { runOnNode, shellQuote } from './run-on-node.js';
import type { NodeConnection } from './node-connection.js';
import { abortError, unreachable } from './node-errors.js';

const LARGEST_ERROR_TEXT = 2_000;

/**
 * Unpacks a tar stream below `path`. It is unpacked beside its place first and linked in at the end,
 * so that a stream that breaks off changes nothing there.
 */
export async function copyToNode(connection: NodeConnection, path: string, tar: NodeJS.ReadableStream, signal: AbortSignal): Promise<void> {
  const target = checkPath(path);
  const staging = posix.join(target, `.vcp-copy-${randomBytes(6).toString('hex')}`);
  const quoted = { target: shellQuote(target), staging: shellQuote(staging) };
  let unpacked = false;
  try {
    await unpack(connection, `mkdir -p -- ${quoted.target} && find ${quoted.target} -maxdepth 1 -name '.vcp-copy-*' -mmin +1440 -exec rm -rf {} + && mkdir -m 700 -- ${quoted.staging} && exec tar --extract --file=- --no-same-owner --directory=${quoted.staging}`, path, tar, signal);
    unpacked = true;
    await runOnNode(connection, installCommand(quoted), { what: `Putting files into ${path} on node ${connection.name}`, signal });
  } catch (error) {
    // Best effort on a connection that may be gone; what stays is found and removed by the next copy after a day.
    await runOnNode(connection, `rm -rf -- ${quoted.staging}`, { what: 'Clearing up' }).catch(() => undefined);
    throw unpacked || connection.alive ? error : unreachable(connection.name, `the connection was lost while files were copied to ${path}.`, error);
  }
}

/** A tar of `path`, with its last part as the name of the top entry. @throws not_found. */
export async function copyFromNode(connection: NodeConnection, path: string, signal: AbortSignal): Promise<NodeJS.ReadableStream> {
  const source = checkPath(path);
  const parent = posix.dirname(source);
  const name = source === '/' ? '.' : posix.basename(source);
  const channel = await connection.openSession(`test -e ${shellQuote(source)} || test -L ${shellQuote(source)} || exit 44; exec tar --create --file=- --directory=${shellQuote(parent)} -- ${shellQuote(name)}`, signal);
  const errorText = collect(channel.stderr);
  const ended = exitOf(channel);
  const output = new PassThrough();
  const fail = (error: Error): void => {
    channel.close();
    output.destroy(error);
  };
  const onAbort = (): void => fail(abortError(signal, `Copying ${path} from node ${connection.name}`));
  signal.addEventListener('abort', onAbort, { once: true });
  // Data at once, or the reason why there is none: so that a missing path is an error and not an empty archive.
  channel.pipe(output, { end: false });
  await Promise.race([once(output, 'readable'), ended]);
  const first = output.readableLength > 0 ? undefined : await ended;
  if (first !== undefined && first.code !== 0) {
    signal.removeEventListener('abort', onAbort);
    if (first.code === 44) throw new VcpError('not_found', `There is no ${path} on node ${connection.name}.`);
    throw copyError(path, connection.name, first, errorText());
  }
  void ended.then(exit => {
    signal.removeEventListener('abort', onAbort);
    // 1 = a file changed while it was read: what tar calls a warning.
    if (exit.code === 0 || exit.code === 1) output.end();
    else fail(connection.alive ? copyError(path, connection.name, exit, errorText()) : unreachable(connection.name, `the connection was lost while ${path} was copied.`));
  });
  output.once('close', () => channel.close());
  return output;
}

/**
 * Entry by entry, so that the folder itself keeps its mode and its owner. Linked rather than copied; where a file system
 * of its own is mounted below, links do not reach and copies do.
 */
function installCommand(quoted: { readonly target: string; readonly staging: string }): string {
  const install = (how: string): string => `find ${quoted.staging} -mindepth 1 -maxdepth 1 -exec cp -a ${how} --remove-destination --target-directory=${quoted.target}/ -- {} +`;
  return `${install('-l')} 2>/dev/null || ${install('')} && rm -rf -- ${quoted.staging}`;
}

async function unpack(connection: NodeConnection, command: string, path: string, tar: NodeJS.ReadableStream, signal: AbortSignal): Promise<void> {
  const channel = await connection.openSession(command, signal);
  const errorText = collect(channel.stderr);
  const ended = exitOf(channel);
  channel.resume();
  const sent = pipeline(tar, channel, { end: true, signal }).then(() => undefined, (error: Error) => error);
  const sourceError = await Promise.race([sent, ended.then(() => undefined)]);
  if (sourceError !== undefined && signal.aborted) {
    channel.close();
    throw abortError(signal, `Copying to ${path} on node ${connection.name}`);
  }
  if (sourceError !== undefined) channel.close();
  const exit = await ended;
  if (sourceError !== undefined) throw brokenOff(path, connection, sourceError);
  if (exit.code !== 0) throw connection.alive ? copyError(path, connection.name, exit, errorText()) : unreachable(connection.name, `the connection was lost while files were copied to ${path}.`);
  // tar is content with a stream that ends between two files; we are not.
  const late = await sent;
  if (late !== undefined) throw brokenOff(path, connection, late);
}

function brokenOff(path: string, connection: NodeConnection, cause: Error): VcpError {
  return new VcpError('command_failed', `The files for ${path} on node ${connection.name} broke off: ${cause.message}`, { hint: 'Nothing was changed there; copy again.', cause });
}

interface Exit { readonly code: number | null; readonly signal?: string | undefined }

function exitOf(channel: ClientChannel): Promise<Exit> {
  return new Promise(resolve => {
    // Not `exit`: of a command that ends at once it comes with the answer to its start, before anybody can listen.
    channel.once('close', (code?: number | null, signal?: string) => resolve({ code: code ?? null, signal }));
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (bytes: Buffer) => { text = `${text}${bytes.toString()}`.slice(-LARGEST_ERROR_TEXT); });
  return () => text.trim();
}

function copyError(path: string, node: string, exit: Exit, text: string): VcpError {
  const why = text === '' ? `tar ended with ${exit.code ?? exit.signal ?? 'no answer'}` : text.split('\n').slice(-3).join('; ');
  return new VcpError('command_failed', `Copying ${path} on node ${node} failed: ${why}`, { hint: 'Nothing was changed at the destination.' });
}

/** @throws invalid_request. */
function checkPath(path: string): string {
  if (!path.startsWith('/') || path.includes('\0') || path.length > 4096) {
    throw new VcpError('invalid_request', `${JSON.stringify(path)} is no path on a node: it has to begin with "/".`);
  }
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean;
}
