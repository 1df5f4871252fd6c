import { createHash } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { ChannelAgent } from './channel-agent.js';
import type { NodeConnection } from './node-connection.js';

const REPOSITORY = 'vcp/images';
const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';
const CHANNELS = 8;
const PIECE_BYTES = 512 * 1024;

export interface Blob { readonly digest: string; readonly size: number }
export interface Layer extends Blob { readonly mediaType: string }

interface Answer { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: string }

/** The image registry on one node of a network, spoken to through that node's ssh connection. */
export class RegistryClient {
  /** `address:port`, as the nodes of the network reach it. */
  readonly address: string;
  readonly #agent: ChannelAgent;

  constructor(connection: NodeConnection, address: string) {
    this.address = address;
    const [host = '', port = ''] = address.split(':');
    this.#agent = new ChannelAgent(() => connection.openTcp(host, Number(port)), CHANNELS);
  }

  /** What a node's engine pulls. */
  referenceOf(digest: string): string {
    return `${this.address}/${REPOSITORY}@${digest}`;
  }

  /** The digest under which a manifest can be pulled; undefined when it is not there. */
  async findManifest(tag: string): Promise<string | undefined> {
    const answer = await this.#call('HEAD', `/v2/${REPOSITORY}/manifests/${tag}`, [200, 404], { headers: { accept: MANIFEST_TYPE } });
    return answer.status === 200 ? digestOf(answer) : undefined;
  }

  async putManifest(tag: string, config: Blob, layers: readonly Layer[]): Promise<string> {
    const manifest = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: { mediaType: 'application/vnd.docker.container.image.v1+json', ...config }, layers };
    return digestOf(await this.#call('PUT', `/v2/${REPOSITORY}/manifests/${tag}`, [201], { headers: { 'content-type': MANIFEST_TYPE }, body: Readable.from([JSON.stringify(manifest)]) }));
  }

  /** Stores a blob of `length` bytes while it is read; its digest is known only at the end. */
  async putBlob(content: Readable, length: number, onBytes: (bytes: number) => void = () => undefined): Promise<Blob & { readonly head: Buffer }> {
    const started = await this.#call('POST', `/v2/${REPOSITORY}/blobs/uploads/`, [202], {});
    const hash = createHash('sha256');
    let head: Buffer = Buffer.alloc(0);
    const body = Readable.from((async function* () {
      for await (const piece of inPieces(content as AsyncIterable<Buffer>)) {
        if (head.length === 0) head = piece.subarray(0, 4);
        hash.update(piece);
        onBytes(piece.length);
        yield piece;
      }
    })(), { objectMode: false, highWaterMark: 1024 * 1024 });
    const sent = await this.#call('PATCH', placeOf(started), [202], { headers: { 'content-type': 'application/octet-stream', 'content-length': String(length) }, body });
    const digest = `sha256:${hash.digest('hex')}`;
    const place = placeOf(sent);
    await this.#call('PUT', `${place}${place.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`, [201], {});
    return { digest, size: length, head };
  }

  #call(method: string, path: string, accept: readonly number[], options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: Readable }): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request({ agent: this.#agent, host: this.address.split(':')[0], path, method, headers: { ...options.headers } });
      sent.once('error', reject);
      sent.once('response', response => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => { body += text; });
        response.once('error', reject).once('end', () => {
          const status = response.statusCode ?? 0;
          if (accept.includes(status)) resolve({ status, headers: response.headers, body });
          else reject(new VcpError('command_failed', `The image registry ${this.address} answers ${status} to ${method} ${path.split('?')[0]}: ${body.slice(0, 300)}`));
        });
      });
      if (options.body === undefined) sent.end();
      else {
        options.body.once('error', error => sent.destroy(error));
        options.body.pipe(sent);
      }
    });
  }
}

/** Fewer, larger pieces: each costs a turn of every layer below. */
async function* inPieces(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of content) {
    parts.push(chunk);
    size += chunk.length;
    if (size < PIECE_BYTES) continue;
    yield Buffer.concat(parts, size);
    parts = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(parts, size);
}

function placeOf(answer: Answer): string {
  const location = answer.headers.location;
  if (location === undefined) throw new VcpError('command_failed', 'The image registry does not say where to put a layer.');
  const url = new URL(location, 'http://registry');
  return `${url.pathname}${url.search}`;
}

function digestOf(answer: Answer): string {
  const digest = answer.headers['docker-content-digest'];
  if (typeof digest !== 'string') throw new VcpError('command_failed', 'The image registry gives no digest.');
  return digest;
}
