import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import ssh2 from 'ssh2';

export interface SshKey {
  /** The file of the private key, in OpenSSH's own format, so that `ssh -i` takes it as well. */
  readonly file: string;
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA… jupyterlab-vcp`. */
  readonly publicKey: string;
}

const COMMENT = 'jupyterlab-vcp';

/**
 * Reads the controller's key, or makes it the first time. Nodes admit this key for their whole life,
 * so a key that cannot be read is an error, never a reason for a new one.
 */
export async function loadOrCreateSshKey(home: string): Promise<SshKey> {
  const folder = join(home, 'ssh');
  const file = join(folder, 'id_ed25519');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const existing = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new VcpError('internal', `The ssh key ${file} cannot be read: ${error.message}`, { hint: 'Give the file back to the user who runs the controller.' });
  });
  const privateKey = existing ?? (await createKey(file));
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) {
    throw new VcpError('internal', `The ssh key ${file} is damaged: ${parsed.message}`, { hint: 'Put it back from a backup; without it existing nodes cannot be reached.' });
  }
  // `ssh` refuses a key that others can read.
  await chmod(file, 0o600);
  const publicKey = `${parsed.type} ${parsed.getPublicSSH().toString('base64')} ${COMMENT}`;
  await writeDurably(`${file}.pub`, `${publicKey}\n`, 0o644);
  return { file, privateKey, publicKey };
}

async function createKey(file: string): Promise<string> {
  const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: COMMENT });
  await writeDurably(file, pair.private.endsWith('\n') ? pair.private : `${pair.private}\n`, 0o600);
  return readFile(file, 'utf8');
}

async function writeDurably(file: string, text: string, mode: number): Promise<void> {
  const fresh = `${file}.${process.pid}.new`;
  await rm(fresh, { force: true });
  const handle = await open(fresh, 'wx', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
}
