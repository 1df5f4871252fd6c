import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { VcpError, type ComposeDocument } from '@jupyterlab-vcp/sdk/wire';
import { extract, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NodeAddress, NodeShell } from '../domain/index.js';
import { collect, command, makeSmallImage, readUntil, removeImage, soon, startRealNodes, type RealNodes } from './real-nodes.fixture.js';

const SMALL_IMAGE = 'vcp-nodes-test:1';
let real: RealNodes;
let shell: NodeShell;
let node: NodeAddress;
let other: NodeAddress;

beforeAll(async () => {
  await makeSmallImage(SMALL_IMAGE);
  real = await startRealNodes(2);
  shell = real.shell;
  [node, other] = real.nodes as [NodeAddress, NodeAddress];
}, 120_000);
afterAll(async () => {
  await real?.close();
  await removeImage(SMALL_IMAGE);
}, 60_000);

async function refused(work: Promise<unknown>): Promise<VcpError> {
  const error = await work.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(VcpError);
  return error as VcpError;
}
function run(text: string, more = {}, on = node): ReturnType<typeof collect> {
  return collect(shell.exec(on, command(text, more), soon()));
}

describe('connections', () => {
  it('admits the controller by its key, which the ssh program takes as well', () => {
    const access = shell.access(node);
    const known = join(real.home, 'known_hosts');
    writeFileSync(known, `${access.host} ${access.hostKey}\n`);
    const output = execFileSync('ssh', ['-i', access.identityFile, '-o', `UserKnownHostsFile=${known}`, '-o', 'StrictHostKeyChecking=yes', '-o', 'BatchMode=yes', `${access.user}@${access.host}`, 'hostname']);
    expect(output.toString().trim()).toBe(node.name);
  });

  it('refuses another host key, without waiting for another', async () => {
    const error = await refused(shell.waitUntilReady({ ...node, nodeId: 'impostor', hostKey: other.hostKey }, soon()));
    expect(error).toMatchObject({ code: 'node_unreachable' });
    expect(error.message).toContain('another host key');
    expect((await refused(collect(shell.exec({ ...node, nodeId: 'impostor', hostKey: other.hostKey }, command('touch /tmp/reached'), soon())))).code).toBe('node_unreachable');
    expect((await run('test -e /tmp/reached')).exit.code).toBe(1);
  });

  it('reaches a node through its gateway', async () => {
    const behind: NodeAddress = { ...other, nodeId: 'behind', jump: { nodeId: node.nodeId, address: node.address, hostKey: node.hostKey } };
    await shell.waitUntilReady(behind, soon());
    const { stdout } = await run('hostname; ss -Htn state established "sport = :22" | grep -o "10.97[0-9.]*:[0-9]* *$"', {}, behind);
    expect(stdout).toContain(other.name);
    expect(stdout).toContain(`${node.address}:`);
    expect((await refused(collect(shell.exec({ ...behind, nodeId: 'wrong', hostKey: node.hostKey }, command('true'), soon())))).message).toContain('another host key');
    shell.drop('behind');
  });

  it('says what it last saw when a node does not come up in time', async () => {
    const error = await refused(shell.waitUntilReady({ ...node, nodeId: 'absent', address: node.address.replace(/\d+$/, '200') }, AbortSignal.timeout(600)));
    expect(error.code).toBe('timed_out');
    expect(error.message).toMatch(/Last seen: .*10\.97/);
  });

  it('reads the heartbeat', async () => {
    const heartbeat = await shell.heartbeat(node, soon());
    expect(heartbeat.engine).toBe('ready');
    expect(Math.abs(heartbeat.at - Date.now())).toBeLessThan(10_000);
  });

  it('writes names of nodes into /etc/hosts, again and again', async () => {
    await shell.setHosts(node, [{ name: 'head-1', address: '10.1.2.3' }, { name: 'other-1', address: other.address }], soon());
    await shell.setHosts(node, [{ name: 'other-1', address: other.address }], soon());
    const { stdout } = await run('getent hosts other-1 head-1; grep -c localhost /etc/hosts');
    expect(stdout).toContain(`${other.address}`);
    expect(stdout).not.toContain('10.1.2.3');
  });
});

describe('exec on a node', () => {
  it('gives input, variables, folder and user, and streams both outputs', async () => {
    const result = await run('cat; echo "$GREETING $VCP_NODE"; pwd; id -un; echo oops >&2; exit 7', { stdin: 'こんにちは\n', env: { GREETING: 'hello' }, cwd: '/tmp', user: 'nobody' });
    expect(result.stdout).toBe(`こんにちは\nhello ${node.name}\n/tmp\nnobody\n`);
    expect([result.stderr, result.exit.code]).toEqual(['oops\n', 7]);
  });

  it('ends a command at its time limit', async () => {
    expect((await run('sleep 60', { timeoutMs: 200 })).exit).toMatchObject({ outcome: 'timed-out', timedOut: true });
  });

  it('cancels a command', async () => {
    const spec = command('echo running; sleep 60');
    const events = shell.exec(node, spec, soon())[Symbol.asyncIterator]();
    await readUntil(events, 'running');
    await shell.cancel(node, spec.id);
    expect((await collect({ [Symbol.asyncIterator]: () => events })).exit.outcome).toBe('cancelled');
  });

  it('lets the command run when the controller goes, and another controller follows it from where it was', async () => {
    const before = await real.again();
    const spec = command('echo before; until [ -e /tmp/go ]; do sleep 0.05; done; echo after; echo ran >> /tmp/count');
    const events = before.exec(node, spec, soon())[Symbol.asyncIterator]();
    await readUntil(events, 'before');
    await before.close();
    await run('touch /tmp/go');
    const followed = await collect(shell.attach(node, spec.id, { stdout: 'before\n'.length, stderr: 0 }, soon()));
    expect([followed.stdout, followed.exit.code]).toEqual(['after\n', 0]);
    expect((await collect(shell.exec(node, spec, soon()))).stdout).toBe('before\nafter\n');
    expect((await run('cat /tmp/count')).stdout).toBe('ran\n');
    expect((await refused(collect(shell.attach(node, 'ex-never', { stdout: 0, stderr: 0 }, soon())))).code).toBe('not_found');
  });

  it('goes on by itself when only the connection was lost', async () => {
    const spec = command('echo before; until [ -e /tmp/go2 ]; do sleep 0.05; done; echo after');
    const events = shell.exec(node, spec, soon())[Symbol.asyncIterator]();
    await readUntil(events, 'before');
    // The session processes of sshd, not the one that listens.
    await (await real.container(node).exec({ Cmd: ['pkill', '-f', 'sshd: root'] })).start({});
    await collect(shell.exec(other, command('true'), soon()));
    await run('touch /tmp/go2');
    expect((await collect({ [Symbol.asyncIterator]: () => events })).stdout).toBe('after\n');
  });
});

describe('files', () => {
  it('copies 20 MiB there and back unchanged', async () => {
    const content = randomBytes(20 * 1024 * 1024);
    const archive = pack();
    archive.entry({ name: 'data/ü file.bin', mode: 0o640 }, content);
    archive.entry({ name: 'data/small' }, 'x');
    archive.finalize();
    await shell.copyTo(node, '/srv/in', Readable.from(archive), soon());
    expect((await run("sha256sum '/srv/in/data/ü file.bin'; ls -A /srv/in; stat -c '%u %a' '/srv/in/data/ü file.bin'")).stdout).toBe(`${sha256(content)}  /srv/in/data/ü file.bin\ndata\n0 640\n`);
    const files = await unpack(await shell.copyFrom(node, '/srv/in/data', soon()));
    expect([...files.keys()].sort()).toEqual(['data/small', 'data/ü file.bin']);
    expect(sha256(files.get('data/ü file.bin') ?? Buffer.alloc(0))).toBe(sha256(content));
  });

  it('leaves mode and owner of the folder as they are, and goes into file systems that are mounted below', async () => {
    await run('mkdir -p /srv/home/mounted && chmod 751 /srv/home && chown 1000:1000 /srv/home && mount -t tmpfs none /srv/home/mounted');
    const archive = pack();
    archive.entry({ name: 'file' }, 'one');
    archive.entry({ name: 'mounted/file' }, 'two');
    archive.finalize();
    await shell.copyTo(node, '/srv/home', Readable.from(archive), soon());
    expect((await run("stat -c '%a %u' /srv/home; cat /srv/home/file /srv/home/mounted/file; ls -A /srv/home; umount /srv/home/mounted")).stdout).toBe('751 1000\nonetwofile\nmounted\n');
  });

  it('changes nothing when the stream breaks off between two files', async () => {
    const archive = pack();
    archive.entry({ name: 'first' }, 'new');
    await run('mkdir -p /srv/keep && echo old > /srv/keep/first');
    const source = new Readable({ read: () => undefined });
    archive.on('data', chunk => source.push(chunk));
    const copying = refused(shell.copyTo(node, '/srv/keep', source, soon()));
    await delay(100);
    source.destroy(new Error('the sender is gone'));
    expect(await copying).toMatchObject({ code: 'command_failed', message: expect.stringContaining('the sender is gone') as string });
    expect((await run('cat /srv/keep/first; ls -A /srv/keep')).stdout).toBe('old\nfirst\n');
  });

  it('names what is missing or wrong', async () => {
    expect((await refused(shell.copyFrom(node, '/no/such', soon()))).code).toBe('not_found');
    expect((await refused(shell.copyTo(node, 'relative', Readable.from([]), soon()))).code).toBe('invalid_request');
    expect((await refused(shell.copyTo(node, '/srv/x', Readable.from([Buffer.alloc(2048, 'no tar')]), soon()))).message).toMatch(/tar/);
    expect((await refused(shell.copyTo(node, '/proc/version', Readable.from([Buffer.alloc(1024)]), soon()))).code).toBe('command_failed');
  });
});

describe('application containers', () => {
  const compose = (text: string): ComposeDocument => ({
    services: {
      web: { image: SMALL_IMAGE, init: true, command: ['sh', '-c', `echo ${text}; exec sleep 1000`], depends_on: ['db'], environment: { A: '1' } },
      db: { image: SMALL_IMAGE, init: true, volumes: ['data:/data'] }
    },
    volumes: { data: null }
  });
  const idOf = async (container: string): Promise<string> => (await run(`docker inspect -f '{{.Id}}' ${container}`)).stdout.trim();

  it('brings an image of this computer to both nodes, and not twice', async () => {
    const messages: string[] = [];
    await Promise.all([
      shell.ensureImages([node, other], [SMALL_IMAGE], message => messages.push(message), soon(60_000)),
      shell.ensureImages([other], [SMALL_IMAGE], () => undefined, soon(60_000))
    ]);
    expect(messages.join()).toContain(SMALL_IMAGE);
    const [a, b] = await Promise.all([node, other].map(on => run(`docker inspect -f '{{.Id}}' ${SMALL_IMAGE}`, {}, on)));
    expect(a?.stdout).toMatch(/^sha256:/);
    expect(a?.stdout).toBe(b?.stdout);
    messages.length = 0;
    await shell.ensureImages([node, other], [SMALL_IMAGE], message => messages.push(message), soon());
    expect(messages).toEqual([]);
  });

  it('sends an image directly where no registry can be started', async () => {
    const log = vi.fn<(message: string) => void>();
    const plain = await real.again({ log });
    const alone: NodeAddress = { ...other, vcId: 'another-vc' };
    await run(`docker rmi -f $(docker images -q ${SMALL_IMAGE}); chmod -x /usr/local/sbin/vcp-registry`, {}, other);
    await plain.ensureImages([alone], [SMALL_IMAGE], () => undefined, soon(60_000));
    expect(log.mock.calls.join()).toContain('sent to it directly');
    expect((await run(`docker inspect -f '{{.Id}}' ${SMALL_IMAGE}; chmod +x /usr/local/sbin/vcp-registry`, {}, other)).stdout).toMatch(/^sha256:/);
    await plain.close();
  });

  it('names the image that nobody has', async () => {
    const error = await refused(shell.ensureImages([node], ['vcp-nowhere/none:1'], () => undefined, soon(60_000)));
    expect(error.message).toContain('vcp-nowhere/none:1');
    expect(error.hint).toContain('docker pull');
  });

  it('starts what is wanted, leaves what is unchanged, replaces what changed and removes the rest', async () => {
    const views = await shell.ensureApp(node, 'shop', compose('one'), soon());
    expect(views.map(view => [view.container, view.state])).toEqual([['shop-db', 'running'], ['shop-web', 'running']]);
    const [web, db] = await Promise.all([idOf('shop-web'), idOf('shop-db')]);

    await shell.ensureApp(node, 'shop', compose('one'), soon());
    expect([await idOf('shop-web'), await idOf('shop-db')]).toEqual([web, db]);

    await shell.ensureApp(node, 'shop', compose('two'), soon());
    expect(await idOf('shop-db')).toBe(db);
    expect(await idOf('shop-web')).not.toBe(web);
    expect(await shell.appLogs(node, 'shop-web', 10, soon())).toBe('two\n');

    const { db: only } = compose('x').services;
    if (only === undefined) throw new Error('no service');
    expect(await shell.ensureApp(node, 'shop', { services: { db: only }, volumes: { data: null } }, soon())).toHaveLength(1);
  });

  it('runs commands inside a container, with variables of several lines', async () => {
    const result = await run('env; cat; exit 4', { container: 'shop', env: { PLAIN: 'a=b "c" $d', LINES: 'one\ntwo' }, stdin: 'input' });
    expect(result.stdout).toContain('PLAIN=a=b "c" $d\n');
    expect(result.stdout).toContain('LINES=one\ntwo\n');
    expect(result.stdout).toMatch(/input$/);
    expect(result.exit.code).toBe(4);
    expect((await refused(run('true', { container: 'nothing' }))).hint).toContain('shop-db');
  });

  it('ends what runs inside a container at its time limit', async () => {
    expect((await run('sleep 71', { container: 'shop-db', timeoutMs: 400 })).exit.outcome).toBe('timed-out');
    expect((await run('pgrep -x sleep -a | grep -c "sleep 71"')).stdout).toBe('0\n');
  });

  it('tells service, exit code and last lines of one that ends right away', async () => {
    const error = await refused(shell.ensureApp(node, 'bad', { services: { job: { image: SMALL_IMAGE, command: ['sh', '-c', 'echo no config; exit 9'], restart: 'always' } } }, soon()));
    expect(error.code).toBe('command_failed');
    expect(error.message).toContain('Service job of application bad');
    expect(error.message).toContain('exit code 9:\nno config');
    // Between two starts; while it is up for a moment it counts as running.
    await vi.waitFor(async () => {
      const view = (await shell.apps(node, soon())).find(one => one.app === 'bad');
      expect(view).toMatchObject({ state: 'error', detail: 'ends again and again with exit code 9: no config' });
    }, { timeout: 10_000 });
    const missing = await refused(shell.ensureApp(node, 'bad', { services: { job: { image: SMALL_IMAGE, command: ['no-such-program'] } } }, soon()));
    expect(missing.message).toMatch(/no-such-program/);
    await shell.removeApp(node, 'bad', soon());
  });

  it('removes a container and a whole application', async () => {
    await shell.ensureApp(node, 'shop', compose('three'), soon());
    await shell.removeContainer(node, 'shop-web', soon());
    expect((await shell.apps(node, soon())).map(view => view.container)).toEqual(['shop-db']);
    await shell.removeApp(node, 'shop', soon());
    await shell.removeApp(node, 'shop', soon());
    expect(await shell.apps(node, soon())).toEqual([]);
  });
});

describe('a node that dies', () => {
  it('makes the outcome of what ran there unknown', async () => {
    const spec = command('echo running; sleep 100');
    const events = shell.exec(other, spec, soon())[Symbol.asyncIterator]();
    await readUntil(events, 'running');
    await real.container(other).kill();
    expect((await collect({ [Symbol.asyncIterator]: () => events })).exit).toMatchObject({ outcome: 'unknown', code: null });
    expect((await refused(shell.heartbeat(other, soon(15_000)))).code).toBe('node_unreachable');
    await real.container(other).start();
    await shell.waitUntilReady(other, soon());
    expect((await collect(shell.attach(other, spec.id, { stdout: 0, stderr: 0 }, soon()))).exit.outcome).toBe('unknown');
  });
});

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function unpack(tar: NodeJS.ReadableStream): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const entry of tar.pipe(extract())) {
    const parts: Uint8Array[] = [];
    for await (const part of entry as AsyncIterable<Uint8Array>) parts.push(part);
    if (entry.header.type === 'file') files.set(entry.header.name, Buffer.concat(parts));
  }
  return files;
}
