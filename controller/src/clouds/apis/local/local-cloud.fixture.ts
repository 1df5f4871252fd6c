import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import type { CloudContext, CloudProvider, NodeRequest, Ownership } from '../../../domain/index.js';
import { createCatalog } from '../../index.js';
import { encodeOwner } from './owner-names.js';

export const run = promisify(execFile);
export const docker = new Docker({ socketPath: (process.env['DOCKER_HOST'] ?? '/var/run/docker.sock').replace(/^unix:\/\//, '') });
const rootFolder = fileURLToPath(new URL('../../../../../', import.meta.url));
export const recipeFolder = join(rootFolder, 'images/base');
export const context = (signal = new AbortController().signal): CloudContext => ({ signal, progress: () => {} });
export const id = (prefix: string): string => `${prefix}${randomBytes(6).toString('hex')}`;

export interface Place { readonly vcId: string; readonly networkId: string; readonly region: string; readonly prefix: string; readonly cloudId: string }
export interface NodeWish { readonly nodeName?: string; readonly hosts?: NodeRequest['hosts']; readonly authorizedKeys?: readonly string[]; readonly cpu?: number; readonly memoryGiB?: number; readonly nodeId?: string }

/** The provider on the real engine, as an installation of its own that cleans up after itself. */
export class LocalCloud {
  readonly installation = `test-${randomBytes(4).toString('hex')}`;
  readonly workFolder = mkdtempSync(join(tmpdir(), 'vcp-clouds-'));
  readonly provider: CloudProvider = this.providerFor(process.env);
  /** A /24 of its own for each network of this run, clear of the product's default pool. */
  readonly #octet = 16 + (randomBytes(1)[0]! % 32);
  #subnet = 0;

  providerFor(environment: Readonly<Record<string, string | undefined>>): CloudProvider {
    return createCatalog({ catalogFolder: join(rootFolder, 'controller/src/clouds/catalog'), baseRecipeFolder: recipeFolder, workFolder: this.workFolder, environment }).get('local');
  }

  async makeNetwork(region = 'one'): Promise<Place> {
    this.#subnet += 1;
    const place = { vcId: id('vc'), networkId: id('nt'), region, prefix: `10.${this.#octet}.${this.#subnet}` };
    const { cloudId } = await this.provider.ensureNetwork({ ownership: { installation: this.installation, vcId: place.vcId, networkId: place.networkId, operation: 'op1' }, vcName: 'trial', region, cidr: `${place.prefix}.0/24` }, context());
    return { ...place, cloudId };
  }

  nodeRequest(place: Place, host: number, wish: NodeWish = {}): NodeRequest {
    const resolved = this.provider.resolve({ cpu: wish.cpu ?? 1, memoryGiB: wish.memoryGiB ?? 1 }, {});
    return {
      ownership: { installation: this.installation, vcId: place.vcId, networkId: place.networkId, nodeId: wish.nodeId ?? id('nd'), operation: 'op1' },
      vcName: 'trial', nodeName: wish.nodeName ?? `worker-${host}`, region: place.region, networkCloudId: place.cloudId, address: `${place.prefix}.${host}`,
      spec: { flavor: resolved.flavor, size: resolved.size, override: resolved.override, publicKeys: [], digest: '' }, authorizedKeys: wish.authorizedKeys ?? [], hosts: wish.hosts ?? []
    };
  }

  /** Removes all that this installation has on the engine, past the provider where that helps. */
  async removeEverything(): Promise<void> {
    const filters = { label: [`vcp.installation=${this.installation}`] };
    for (const container of await docker.listContainers({ all: true, filters })) await docker.getContainer(container.Id).remove({ force: true });
    for (const volume of (await docker.listVolumes({ filters })).Volumes ?? []) await docker.getVolume(volume.Name).remove({ force: true });
    for (const network of await docker.listNetworks({ filters })) await this.provider.deleteNetwork(network.Id, context());
  }

  close(): void {
    rmSync(this.workFolder, { recursive: true, force: true });
  }
}

/** Runs a command in a node through the outer engine. */
export async function inNode(node: { readonly ownership: Ownership }, script: string): Promise<{ readonly code: number; readonly out: string }> {
  return run('docker', ['exec', encodeOwner(node.ownership), 'sh', '-c', script], { timeout: 120_000, maxBuffer: 1e8 }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout + stderr }),
    (error: Error & { readonly code?: number; readonly stdout?: string; readonly stderr?: string }) => ({ code: error.code ?? -1, out: `${error.stdout}${error.stderr}` })
  );
}

/** How a TCP connection from this computer ends: `open`, or the system's code. */
export function knock(host: string, port: number): Promise<string> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: 3000 });
    const end = (said: string): void => { socket.destroy(); resolve(said); };
    socket.once('connect', () => end('open')).once('timeout', () => end('timeout')).once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'));
  });
}

/** The same from inside a node. */
export async function knockFrom(node: NodeRequest, host: string, port: number): Promise<string> {
  const { out } = await inNode(node, `perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(PeerAddr => "${host}", PeerPort => ${port}, Timeout => 3); print $s ? "open" : "closed"'`);
  return out.trim();
}

/** Makes an image called `tiny` with nothing but perl inside the node. */
export const TINY = 'tar -C / -ch usr/bin/perl $(ldd /usr/bin/perl | grep -o "/lib[^ ]*" | sed "s#^/##") | docker import - tiny >/dev/null';
