import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type Docker from 'dockerode';
import { extract } from 'tar-stream';
import { isGone } from './docker-errors.js';

const KEY_FILE = '/etc/ssh/ssh_host_ed25519_key.pub';
/** A whole key is 68 characters of base64: a file read while it is written does not pass for one. */
const KEY = 'ssh-ed25519 [A-Za-z0-9+/]{68}';
const CONSOLE_LINE = new RegExp(`^VCP-HOSTKEY (${KEY})\\s`, 'm');

/** The console of a container, followed from before its start, so that nothing is missed and nothing is asked twice. */
export interface Console {
  /** The host key that the node prints. @throws VcpError provider_failed when the node ends without. */
  readonly hostKey: Promise<string>;
  close(): void;
}

export async function followConsole(docker: Docker, container: Docker.Container, nodeName: string): Promise<Console> {
  const stream = await container.attach({ stream: true, logs: true, stdout: true, stderr: true });
  const hostKey = new Promise<string>((resolve, reject) => {
    let seen = '';
    const take = { write(chunk: Buffer): boolean { seen += chunk.toString('utf8'); const found = keyIn(seen); if (found !== undefined) resolve(found); return true; } };
    docker.modem.demuxStream(stream, take as unknown as NodeJS.WritableStream, take as unknown as NodeJS.WritableStream);
    stream.once('error', reject);
    stream.once('end', () => reject(new VcpError('provider_failed', `Node ${nodeName} ended as soon as it was started: ${lastLine(seen)}`, { hint: 'See vcp doctor local for what nodes need of this computer.' })));
  });
  // Nobody may be waiting any more when the console closes.
  hostKey.catch(() => {});
  return { hostKey, close: () => (stream as NodeJS.ReadWriteStream & { destroy(): void }).destroy() };
}

/** The host key line in what a node has printed. */
export function keyIn(text: string): string | undefined {
  return CONSOLE_LINE.exec(text)?.[1];
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() || 'it printed nothing';
}

/** The host key of a node that ran before, read from its file system through the engine; undefined when it has none yet. */
export async function readHostKey(container: Docker.Container): Promise<string | undefined> {
  let archive: NodeJS.ReadableStream;
  try {
    archive = await container.getArchive({ path: KEY_FILE });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  const files = extract();
  archive.once('error', error => files.destroy(error));
  archive.pipe(files);
  let text = '';
  for await (const entry of files) for await (const chunk of entry) text += String(chunk);
  return new RegExp(`^${KEY}(?=\\s)`).exec(text)?.[0];
}
