import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { pushArchive, type BlobStore } from './push-archive.js';
import type { Blob, Layer } from './registry-client.js';

class MemoryRegistry implements BlobStore {
  readonly blobs = new Map<string, Buffer>();
  manifest: { readonly tag: string; readonly config: Blob; readonly layers: readonly Layer[] } | undefined;

  async putBlob(content: Readable, length: number, onBytes: (bytes: number) => void = () => undefined): Promise<Blob & { readonly head: Buffer }> {
    const parts: Buffer[] = [];
    for await (const part of content as AsyncIterable<Buffer>) parts.push(part);
    const bytes = Buffer.concat(parts);
    expect(bytes.length).toBe(length);
    onBytes(bytes.length);
    this.blobs.set(digestOf(bytes), bytes);
    return { digest: digestOf(bytes), size: bytes.length, head: bytes.subarray(0, 4) };
  }

  putManifest(tag: string, config: Blob, layers: readonly Layer[]): Promise<string> {
    this.manifest = { tag, config, layers };
    return Promise.resolve('sha256:manifest');
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function archive(entries: readonly (Partial<Header> & { readonly name: string } & { readonly content?: Buffer | string })[], cutAt?: number): Readable {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry(header, content ?? '');
  tar.finalize();
  const output = new PassThrough();
  void (async () => {
    let bytes = Buffer.alloc(0);
    for await (const part of tar as AsyncIterable<Uint8Array>) bytes = Buffer.concat([bytes, part]);
    output.write(bytes.subarray(0, cutAt));
    if (cutAt === undefined) output.end();
    else output.destroy(new Error('the engine went away'));
  })();
  return output;
}

const layers = [Buffer.alloc(3000, 'a'), Buffer.alloc(700, 'b')] as const;
const config = Buffer.from('{"os":"linux"}');
const configName = 'c'.repeat(64);

describe('pushArchive', () => {
  it('reads the layout of Docker 20, where a layer may be a link to another', async () => {
    const registry = new MemoryRegistry();
    const digest = await pushArchive(registry, archive([
      { name: 'one/', type: 'directory' }, { name: 'one/VERSION', content: '1.0' }, { name: 'one/layer.tar', content: layers[0] },
      { name: 'two/layer.tar', content: layers[1] }, { name: 'three/layer.tar', type: 'symlink', linkname: '../one/layer.tar' },
      { name: `${configName}.json`, content: config },
      { name: 'manifest.json', content: JSON.stringify([{ Config: `${configName}.json`, Layers: ['one/layer.tar', 'two/layer.tar', 'three/layer.tar'] }]) }, { name: 'repositories', content: '{}' }
    ]), 'tag', () => undefined);
    expect(digest).toBe('sha256:manifest');
    expect(registry.manifest?.config).toEqual({ digest: digestOf(config), size: config.length });
    expect(registry.manifest?.layers.map(layer => layer.digest)).toEqual([layers[0], layers[1], layers[0]].map(digestOf));
    expect(registry.manifest?.layers[0]?.mediaType).toBe('application/vnd.docker.image.rootfs.diff.tar');
  });

  it('reads the layout of Docker 25 and later, with compressed layers told as such', async () => {
    const registry = new MemoryRegistry();
    const zipped = gzipSync(layers[1]);
    const names = [config, layers[0], zipped].map(bytes => `blobs/sha256/${digestOf(bytes).slice(7)}`);
    let sent = 0;
    await pushArchive(registry, archive([
      { name: names[0] as string, content: config }, { name: names[1] as string, content: layers[0] }, { name: names[2] as string, content: zipped },
      { name: 'oci-layout', content: '{}' }, { name: 'manifest.json', content: JSON.stringify([{ Config: names[0], Layers: names.slice(1) }]) }
    ]), 'tag', bytes => { sent += bytes; });
    expect(registry.manifest?.layers.map(layer => layer.mediaType.split('.').at(-1))).toEqual(['tar', 'gzip']);
    expect(sent).toBe(config.length + layers[0].length + zipped.length);
  });

  it('does not make an image of an archive that broke off or is none', async () => {
    const whole = [{ name: 'one/layer.tar', content: layers[0] }, { name: 'manifest.json', content: JSON.stringify([{ Config: 'x.json', Layers: [] }]) }];
    const registry = new MemoryRegistry();
    await expect(pushArchive(registry, archive(whole, 1024), 'tag', () => undefined)).rejects.toThrow();
    await expect(pushArchive(registry, archive(whole), 'tag', () => undefined)).rejects.toThrow(/lacks x.json/);
    await expect(pushArchive(registry, archive([]), 'tag', () => undefined)).rejects.toThrow(/no manifest/);
    expect(registry.manifest).toBeUndefined();
  });
});
