import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { extract } from 'tar-stream';
import type { Blob, Layer, RegistryClient } from './registry-client.js';

const LARGEST_JSON_BYTES = 16 * 1024 * 1024;
/** The part of a registry that is used here. */
export type BlobStore = Pick<RegistryClient, 'putBlob' | 'putManifest'>;
interface SavedManifest { readonly Config: string; readonly Layers: readonly string[] }

/**
 * Puts the archive of `docker save` into a registry as it streams by: layers as they are, uncompressed, because
 * unpacking them on each node would cost more than the network saves. Knows the layouts of Docker 20 and of 25 and later.
 * Returns the digest to pull.
 */
export async function pushArchive(registry: BlobStore, archive: Readable, tag: string, onBytes: (bytes: number) => void): Promise<string> {
  const blobs = new Map<string, Layer>();
  const links = new Map<string, string>();
  let manifest: SavedManifest | undefined;
  const entries = extract();
  archive.once('error', error => entries.destroy(error));
  archive.once('close', () => { if (!archive.readableEnded) entries.destroy(new Error('the archive of the image broke off')); });
  archive.pipe(entries);
  try {
    for await (const entry of entries) {
      const { name, type, linkname, size = 0 } = entry.header;
      if (type === 'symlink' && linkname) links.set(name, posix.join(posix.dirname(name), linkname));
      else if (type === 'file' && name === 'manifest.json') [manifest] = JSON.parse((await textOf(entry as AsyncIterable<Uint8Array>)).toString()) as SavedManifest[];
      else if (type === 'file' && isBlob(name)) blobs.set(name, layerOf(await registry.putBlob(Readable.from(entry), size, onBytes)));
      else entry.resume();
    }
  } finally {
    archive.destroy();
  }
  const find = (name: string): Layer => {
    const blob = blobs.get(links.get(name) ?? name);
    if (blob === undefined) throw new VcpError('command_failed', `The archive of the image lacks ${name}.`);
    return blob;
  };
  if (manifest === undefined) throw new VcpError('command_failed', 'The archive of the image has no manifest.');
  const config: Blob = find(manifest.Config);
  return registry.putManifest(tag, { digest: config.digest, size: config.size }, manifest.Layers.map(find));
}

/** Layers, and the configuration (`<id>.json` before Docker 25). */
function isBlob(name: string): boolean {
  return name.endsWith('/layer.tar') || name.startsWith('blobs/sha256/') || /^[0-9a-f]{64}\.json$/.test(name);
}

function layerOf(blob: Blob & { readonly head: Buffer }): Layer {
  const gzip = blob.head.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]));
  const zstd = blob.head.subarray(0, 4).equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]));
  const mediaType = gzip ? 'application/vnd.docker.image.rootfs.diff.tar.gzip' : zstd ? 'application/vnd.oci.image.layer.v1.tar+zstd' : 'application/vnd.docker.image.rootfs.diff.tar';
  return { mediaType, digest: blob.digest, size: blob.size };
}

async function textOf(entry: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of entry) {
    size += part.length;
    if (size > LARGEST_JSON_BYTES) throw new VcpError('too_large', 'The manifest of the image is too large.');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
