import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { VcpError, type ExecEvent } from '@jupyterlab-vcp/sdk/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExecSpec, NodeAddress } from '../domain/index.js';
import { cancelExec, followExec, type Links } from './exec-follower.js';
import { encodeExecRequest } from './exec-request.js';
import { HelperLink } from './helper-link.js';
import { NODE_HELPER_BOOTSTRAP, NODE_HELPER_PROGRAM } from './node-helper-program.js';
import { unreachable } from './node-errors.js';

/** The real program under the Perl of this machine, over pipes in place of an ssh channel. */
const node: NodeAddress = { nodeId: 'nd-1', name: 'compute-1', vcId: 'vc-1', address: '10.0.0.1', hostKey: '' };
let folder: string;
let root: string;
let links: Links & { cut(): Promise<void>; reachable: boolean; drop(): void };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vcp-helper-'));
  root = join(folder, 'exec');
  links = localLinks();
});
afterEach(async () => {
  await links.cut();
  await rm(folder, { recursive: true, force: true });
});

function localLinks(): typeof links {
  let current: { readonly link: HelperLink; readonly ended: Promise<void>; kill(): void } | undefined;
  const dropped = new Set<() => void>();
  return {
    lostAfterMs: 400, reachable: true, now: () => Date.now(),
    onDropped: (_id, listener) => {
      dropped.add(listener);
      return () => dropped.delete(listener);
    },
    drop() { for (const listener of [...dropped]) listener(); },
    async helper() {
      if (!this.reachable) throw unreachable(node.name, 'it was switched off for the test.');
      if (current === undefined) {
        const child = spawn('/bin/sh', ['-c', `${NODE_HELPER_BOOTSTRAP} ${root}`], { stdio: ['pipe', 'pipe', 'pipe'] });
        const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
        current = { link: new HelperLink(Duplex.from({ readable: child.stdout, writable: child.stdin }), node.name, child.stderr), ended, kill: () => void child.kill('SIGKILL') };
        await current.link.ready();
      }
      return current.link;
    },
    async cut() {
      const old = current;
      current = undefined;
      old?.kill();
      await old?.ended;
    }
  };
}

function exec(spec: Partial<ExecSpec> & { readonly command: ExecSpec['command'] }, signal = new AbortController().signal): AsyncGenerator<ExecEvent, void> {
  const full: ExecSpec = { id: 'ex-1', env: {}, ...spec };
  return followExec(links, { node, id: full.id, start: { request: encodeExecRequest(full, node.name), stdin: full.stdin }, from: { stdout: 0, stderr: 0 }, signal });
}
function attach(id: string, from = { stdout: 0, stderr: 0 }): AsyncGenerator<ExecEvent, void> {
  return followExec(links, { node, id, from, signal: new AbortController().signal });
}
async function all(events: AsyncIterable<ExecEvent>): Promise<readonly ExecEvent[]> {
  const seen: ExecEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}
function text(events: readonly ExecEvent[], type: 'stdout' | 'stderr'): string {
  return events.map(event => (event.type === type ? event.data : '')).join('');
}
/** Reads on until so much was written, then gives what follows to the caller. */
async function until(events: AsyncGenerator<ExecEvent, void>, found: string): Promise<readonly ExecEvent[]> {
  const seen: ExecEvent[] = [];
  for (;;) {
    const next = await events.next();
    if (next.done === true) throw new Error(`ended before ${found}`);
    seen.push(next.value);
    if (text(seen, 'stdout').includes(found)) return seen;
  }
}
async function thrown(work: Promise<unknown>): Promise<VcpError> {
  const error = await work.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(VcpError);
  return error as VcpError;
}

describe('the helper program', () => {
  it('compiles without a warning', () => {
    const checked = spawnSync('perl', ['-wc', '-'], { input: NODE_HELPER_PROGRAM });
    expect(checked.stderr.toString()).toBe('- syntax OK\n');
  });

  it('needs only modules of perl-base', () => {
    const used = [...NODE_HELPER_PROGRAM.matchAll(/\buse ([A-Za-z:]+)/g)].map(match => match[1]);
    expect(new Set(used)).toEqual(new Set(['strict', 'warnings', 'POSIX']));
  });

  it('gives output, error output and exit code', async () => {
    const events = await all(exec({ command: 'echo out; echo err >&2; exit 3' }));
    expect(events[0]).toEqual({ type: 'started', exec: 'ex-1', node: 'compute-1' });
    expect([text(events, 'stdout'), text(events, 'stderr')]).toEqual(['out\n', 'err\n']);
    expect(events.at(-1)).toMatchObject({ type: 'exit', code: 3, timedOut: false, outcome: 'exited' });
  });

  it('runs a list as it is, and says which program is missing', async () => {
    expect(text(await all(exec({ command: ['printf', '%s|', 'a b', '$HOME', ''] })), 'stdout')).toBe('a b|$HOME||');
    const events = await all(exec({ id: 'ex-2', command: ['no-such-program'] }));
    expect(text(events, 'stderr')).toContain('cannot run no-such-program');
    expect(events.at(-1)).toMatchObject({ code: 127 });
  });

  it('names the signal that ended the command', async () => {
    expect((await all(exec({ command: 'kill -9 $$' }))).at(-1)).toMatchObject({ code: null, signal: 'SIGKILL', outcome: 'exited' });
  });

  it('gives input and variables without showing them to other processes', async () => {
    const events = exec({ command: 'read line; echo "$line $SECRET"; cat /proc/$$/cmdline | tr "\\0" " "; read rest || echo end', env: { SECRET: 'a=b "c"\nd' }, stdin: 'héllo\n' });
    const seen = await all(events);
    expect(text(seen, 'stdout')).toContain('héllo a=b "c"\nd');
    expect(text(seen, 'stdout')).toMatch(/end\n$/);
    expect(text(seen, 'stdout').split('cmdline')[1]).not.toContain('a=b');
    await expect(stat(join(root, 'ex-1', 'stdin'))).rejects.toThrow();
  });

  it('passes two megabytes through in order', async () => {
    const stdin = Array.from({ length: 300_000 }, (_, index) => `${index}`).join('\n');
    const events = await all(exec({ command: 'cat; seq 1 5 >&2', stdin }));
    expect(text(events, 'stdout') === stdin).toBe(true);
    expect(text(events, 'stderr')).toBe('1\n2\n3\n4\n5\n');
  });

  it('streams while the command runs', async () => {
    const events = exec({ command: `echo first; until [ -e ${folder}/go ]; do sleep 0.02; done; echo second` });
    expect(text(await until(events, 'first'), 'stdout')).toBe('first\n');
    spawnSync('touch', [join(folder, 'go')]);
    expect(text(await all(events), 'stdout')).toBe('second\n');
  });

  it('refuses a folder and a user that are not there, before anything runs', async () => {
    expect(await thrown(all(exec({ command: 'true', cwd: '/no/such' })))).toMatchObject({ code: 'invalid_request', message: 'Node compute-1: There is no folder /no/such.' });
    expect(await thrown(all(exec({ command: 'true', user: 'nobody-here' })))).toMatchObject({ code: 'invalid_request' });
    await expect(stat(join(root, 'ex-1'))).rejects.toThrow();
  });

  it('ends what runs too long, with everything that it began', async () => {
    const events = await all(exec({ command: 'setsid sleep 61 & sleep 62 & echo $!; sleep 63', timeoutMs: 200 }));
    expect(events.at(-1)).toMatchObject({ outcome: 'timed-out', timedOut: true, code: null, signal: 'SIGTERM' });
    expect(spawnSync('pgrep', ['-f', '^sleep 6[123]$']).stdout.toString()).toBe('');
  });

  it('cancels a command, and is content with one that ended', async () => {
    const events = exec({ command: 'trap "echo stopping; exit 0" TERM; echo running; while :; do sleep 0.05; done' });
    await until(events, 'running');
    await cancelExec(await links.helper(node, new AbortController().signal), 'ex-1');
    const rest = await all(events);
    expect(text(rest, 'stdout')).toContain('stopping');
    expect(rest.at(-1)).toMatchObject({ outcome: 'cancelled' });
    await cancelExec(await links.helper(node, new AbortController().signal), 'ex-1');
    expect(await thrown(cancelExec(await links.helper(node, new AbortController().signal), 'ex-9'))).toMatchObject({ code: 'not_found' });
  });

  it('runs an id once only', async () => {
    const command = `echo ran >> ${folder}/count; echo done`;
    const [first, second] = await Promise.all([all(exec({ command })), all(exec({ command }))]);
    expect([text(first, 'stdout'), text(second, 'stdout')]).toEqual(['done\n', 'done\n']);
    expect(text(await all(exec({ command })), 'stdout')).toBe('done\n');
    expect(await readFile(join(folder, 'count'), 'utf8')).toBe('ran\n');
  });

  it('lets the command go on when the connection is cut, and follows it from where it was', async () => {
    const events = exec({ command: `echo before ✓; until [ -e ${folder}/go ]; do sleep 0.02; done; echo after` });
    const before = await until(events, '✓');
    await links.cut();
    spawnSync('touch', [join(folder, 'go')]);
    const after = await all(events);
    expect(text(before, 'stdout') + text(after, 'stdout')).toBe('before ✓\nafter\n');
    expect(after.filter(event => event.type === 'started')).toEqual([]);
    expect(after.at(-1)).toMatchObject({ outcome: 'exited', code: 0 });
  });

  it('attaches from byte offsets', async () => {
    await all(exec({ command: 'printf 0123456789; printf abcdef >&2' }));
    await links.cut();
    const events = await all(attach('ex-1', { stdout: 4, stderr: 6 }));
    expect(events).toMatchObject([{ type: 'started' }, { type: 'stdout', data: '456789', offset: 4 }, { type: 'exit', outcome: 'exited', code: 0 }]);
    expect(await thrown(all(attach('ex-9')))).toMatchObject({ code: 'not_found' });
  });

  it('says unknown when the command and its supervisor are gone without a word', async () => {
    const events = exec({ command: 'echo running; sleep 64' });
    await until(events, 'running');
    const [supervisor = ''] = (await readFile(join(root, 'ex-1', 'pid'), 'utf8')).split(' ');
    await links.cut();
    process.kill(Number(supervisor), 'SIGKILL');
    spawnSync('pkill', ['-f', '^sleep 64$']);
    expect((await all(events)).at(-1)).toMatchObject({ outcome: 'unknown', code: null });
  });

  it('says unknown when the node does not come back, and at once when it is dropped', async () => {
    const command = 'echo running; read line < /dev/null; sleep 0.3';
    const events = exec({ command });
    await until(events, 'running');
    links.reachable = false;
    await links.cut();
    expect((await all(events)).at(-1)).toMatchObject({ type: 'exit', outcome: 'unknown' });
    links.reachable = true;
    const dropped = exec({ id: 'ex-2', command: 'echo running; sleep 0.3' });
    await until(dropped, 'running');
    links.drop();
    expect((await all(dropped)).at(-1)).toMatchObject({ type: 'exit', outcome: 'unknown' });
  });

  it('tells at once that a node cannot be reached when nothing was begun', async () => {
    links.reachable = false;
    expect(await thrown(all(exec({ command: 'true' })))).toMatchObject({ code: 'node_unreachable' });
  });

  it('stops following when the caller leaves, and lets the command run', async () => {
    const controller = new AbortController();
    const events = exec({ command: `echo running; until [ -e ${folder}/go ]; do sleep 0.02; done; echo done` }, controller.signal);
    await until(events, 'running');
    controller.abort();
    expect(await thrown(all(events))).toMatchObject({ code: 'cancelled' });
    spawnSync('touch', [join(folder, 'go')]);
    expect(text(await all(attach('ex-1')), 'stdout')).toBe('running\ndone\n');
  });

  it('waits for a slow reader instead of filling the memory', async () => {
    const events = exec({ command: 'head -c 3000000 /dev/zero | tr "\\0" x; echo end' });
    await until(events, 'x');
    const rest = await all(events);
    expect(text(rest, 'stdout').endsWith('end\n')).toBe(true);
  });

  it('forgets commands that ended more than a week ago', async () => {
    await all(exec({ command: 'true' }));
    await all(exec({ id: 'ex-2', command: 'true' }));
    const old = Date.now() / 1000 - 8 * 86_400;
    await utimes(join(root, 'ex-1', 'exit'), old, old);
    await links.cut();
    await all(exec({ id: 'ex-3', command: 'true' }));
    await expect(stat(join(root, 'ex-1'))).rejects.toThrow();
    await stat(join(root, 'ex-2'));
  });
});

describe('encodeExecRequest', () => {
  it.each<[Partial<ExecSpec>, RegExp]>([
    [{ id: '../x' }, /id/], [{ command: [] }, /empty/], [{ command: ['a\0b'] }, /zero byte/], [{ cwd: 'tmp' }, /working folder/], [{ user: 'a;b' }, /user name/],
    [{ env: { 'A B': '1' } }, /environment variable/], [{ timeoutMs: 0 }, /time limit/], [{ container: 'c', env: { PATH: 'a\nb' } }, /several lines/]
  ])('refuses %j', (spec, message) => {
    expect(() => encodeExecRequest({ id: 'ex-1', command: 'true', env: {}, ...spec }, 'n')).toThrow(message);
  });
});
