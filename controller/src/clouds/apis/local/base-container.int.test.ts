import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NodeRequest } from '../../../domain/index.js';
import { debianMirror, mirrorHostEntry } from './debian-mirror.js';
import { context, docker, inNode, LocalCloud, TINY } from './local-cloud.fixture.js';
import { encodeOwner } from './owner-names.js';

const cloud = new LocalCloud();
let node: NodeRequest;
let hostKey: string;

beforeAll(async () => {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(cloud.workFolder, 'id')]);
  await cloud.provider.prepare(context());
  const publicKey = execFileSync('cat', [join(cloud.workFolder, 'id.pub')], { encoding: 'utf8' });
  node = cloud.nodeRequest(await cloud.makeNetwork(), 11, { nodeName: 'head-1', authorizedKeys: [publicKey] });
  ({ hostKey } = await cloud.provider.createNode(node, context()));
  expect((await inNode(node, `vcp-wait 60 && ${TINY}`)).code).toBe(0);
});
afterAll(async () => {
  await cloud.removeEverything();
  cloud.close();
});

const outer = (): ReturnType<typeof docker.getContainer> => docker.getContainer(encodeOwner(node.ownership));
const heartbeat = async (): Promise<{ readonly uptimeSeconds: number; readonly engine: string; readonly load1: number; readonly memoryUsedMiB: number; readonly at: number }> => JSON.parse((await inNode(node, 'cat /run/vcp/heartbeat.json')).out) as never;
const inner = async (template: string): Promise<string> => (await inNode(node, `docker inspect --format '${template}' app`)).out.trim();

describe('base container', () => {
  it('admits its keys by ssh, and nobody by password', () => {
    const ssh = (...options: string[]): string => execFileSync('ssh', ['-F', '/dev/null', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes', ...options, `root@${node.address}`, 'hostname; echo $LANG'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    expect(ssh('-i', join(cloud.workFolder, 'id'), '-o', 'IdentitiesOnly=yes')).toBe('head-1\nC.UTF-8\n');
    expect(() => ssh('-o', 'PubkeyAuthentication=no')).toThrow('Permission denied (publickey)');
  });

  it('writes a heartbeat that goes on', async () => {
    const first = await heartbeat();
    expect(first).toEqual({ uptimeSeconds: expect.any(Number), engine: 'ready', load1: expect.any(Number), memoryUsedMiB: expect.any(Number), at: expect.any(Number) });
    expect(Math.abs(first.at - Date.now())).toBeLessThan(10_000);
    expect(first.memoryUsedMiB).toBeGreaterThan(5);
    await vi.waitFor(async () => expect((await heartbeat()).at).toBeGreaterThan(first.at), { timeout: 6000, interval: 200 });
  });

  it('gives application containers name servers that answer', async () => {
    const mirror = (await mirrorHostEntry(await debianMirror()))?.split(':')[0];
    expect(mirror).toBeDefined();
    const { out } = await inNode(node, `docker run --rm tiny /usr/bin/perl -e 'my $found = gethostbyname("${mirror}"); print $found ? join(".", unpack("C4", $found)) : "unknown"'; docker run --rm tiny /usr/bin/perl -e 'open(F, "/etc/resolv.conf"); print <F>'`);
    expect(out).not.toMatch(/nameserver 8\.8/);
    expect(out).toMatch(/^\d+\.\d+\.\d+\.\d+/);
  });

  it('starts the engine again when it dies, and application containers live through it', async () => {
    expect((await inNode(node, 'docker run -d --name app --restart unless-stopped --network none tiny /usr/bin/perl -e "\\$SIG{TERM} = sub { exit }; sleep 10000"')).code).toBe(0);
    const before = await inner('{{.State.StartedAt}}');
    await inNode(node, 'kill -9 $(cat /run/docker.pid); rm -f /run/vcp/ready; kill -CHLD $(cat /run/vcp/supervisor.pid); vcp-wait 30');
    await vi.waitFor(async () => expect(await inner('{{.State.Running}} {{.State.StartedAt}}')).toBe(`true ${before}`), { timeout: 20_000, interval: 200 });
  });

  it('starts sshd again when it dies', async () => {
    await inNode(node, 'kill -9 $(pgrep -o -x sshd)');
    await vi.waitFor(async () => expect((await inNode(node, `ssh-keyscan -T 2 -t ed25519 ${node.address} 2>/dev/null`)).out).toContain(hostKey), { timeout: 20_000, interval: 200 });
  });

  it('comes back from a restart with its key, its names, its images and its application containers', async () => {
    await inNode(node, `printf '%s worker-7\\n' 10.1.2.3 | vcp-hosts; printf '%s worker-8\\n' 10.1.2.4 | vcp-hosts`);
    const before = await inner('{{.State.StartedAt}}');
    const stopping = performance.now();
    await outer().restart({ t: 10 });
    expect(performance.now() - stopping).toBeLessThan(6000);
    expect((await inNode(node, 'vcp-wait 30')).code).toBe(0);
    await vi.waitFor(async () => expect(await inner('{{.State.Running}}')).toBe('true'), { timeout: 20_000, interval: 200 });
    expect(await inner('{{.State.StartedAt}}')).not.toBe(before);
    expect((await cloud.provider.createNode(node, context())).hostKey).toBe(hostKey);
    const names = (await inNode(node, 'cat /etc/hosts')).out;
    expect(names).toContain('10.1.2.4 worker-8');
    expect(names).not.toContain('worker-7');
    expect(names).toContain('127.0.0.1');
  });

  it('becomes the registry of its network when asked, also after a restart', async () => {
    const asked = await Promise.all([inNode(node, 'vcp-registry'), inNode(node, 'vcp-registry')]);
    expect(asked.map(answer => answer.out.trim())).toEqual([`${node.address}:5000`, `${node.address}:5000`]);
    const pushed = await inNode(node, `docker tag tiny ${node.address}:5000/trial && docker push -q ${node.address}:5000/trial && docker rmi ${node.address}:5000/trial && docker pull -q ${node.address}:5000/trial`);
    expect(pushed).toMatchObject({ code: 0 });
    await outer().restart({ t: 10 });
    await inNode(node, 'vcp-wait 30; vcp-registry');
    expect((await inNode(node, `docker pull -q ${node.address}:5000/trial`)).code).toBe(0);
  });
});
