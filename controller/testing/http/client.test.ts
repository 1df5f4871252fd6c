import { once } from 'node:events';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { extract, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VcpError, type ExecEvent, type OperationView } from '@jupyterlab-vcp/sdk/wire';
import { VcpClient, VcpSDK, fetchTransport, outcomeOf, setDefaults, socketTransport, urlTransport, waitForOperation } from '@jupyterlab-vcp/sdk';
import { DOCUMENT, NODE, OPERATION } from './recording-services.js';
import { testHttp, type TestHttp } from './test-http.js';

let http: TestHttp;
let folder: string;
let socketPath: string;
let client: VcpClient;

async function serve(): Promise<void> {
  const { services } = http ?? {};
  http = await testHttp();
  if (services !== undefined) Object.assign(http.services, { events: services.events, operation: services.operation, execEvents: services.execEvents });
  await http.app.listen({ path: socketPath });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcp-client-'));
  socketPath = join(folder, 's.sock');
  http = await testHttp();
  await http.app.listen({ path: socketPath });
  client = new VcpClient(socketTransport(socketPath), { origin: { client: 'sdk' } });
});
afterEach(async () => {
  setDefaults(() => ({}));
  client.close();
  await http.app.close();
  rmSync(folder, { recursive: true });
});

const calls = (method: string) => http.services.calls.filter(call => call.method === method);
const finished = (change: Partial<OperationView> = {}): OperationView => ({ ...OPERATION, state: 'succeeded', result: { summary: '1 node running', added: ['compute-1'], removed: [], changed: [] }, endedAt: OPERATION.createdAt, ...change });

function end(change: Partial<OperationView> = {}): void {
  http.services.operation = finished(change);
  http.services.commit({ operation: 'op-1' });
}

describe('VcpClient', () => {
  it('sends names, keys and origins so that they arrive unchanged', async () => {
    const { operation, attached } = await client.applyVc('genome', { document: DOCUMENT }, { idempotencyKey: 'k', origin: { notebook: '秋 %/?.ipynb', cell: 'c1' } });
    expect([operation.id, attached]).toEqual(['op-1', false]);
    expect(calls('apply')[0]!.caller).toMatchObject({ idempotencyKey: 'k', origin: { client: 'sdk', notebook: '秋 %/?.ipynb', cell: 'c1' } });
    http.services.attached = true;
    expect((await client.applyVc('genome', { document: DOCUMENT })).attached).toBe(true);
  });

  it('makes the controller\'s error again', async () => {
    http.services.failure = new VcpError('removal_not_allowed', 'no', { hint: 'add it', at: [{ path: 'units.0', message: 'm' }], details: { plan: { a: 1 } } });
    await expect(client.getVc('genome')).rejects.toMatchObject({ code: 'removal_not_allowed', message: 'no', hint: 'add it', at: [{ path: 'units.0', message: 'm' }], details: { plan: { a: 1 } } });
  });

  it('says that no controller answers, and that a request was stopped', async () => {
    await expect(new VcpClient(socketTransport(join(folder, 'none.sock'))).version()).rejects.toMatchObject({ code: 'controller_unavailable', hint: expect.stringContaining('vcp controller start') });
    await expect(client.version({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('refuses an empty name before it sends anything', async () => {
    await expect(async () => client.getVc('')).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('works over a URL with a prefix and a token, by Node and by fetch', async () => {
    const seen: (string | undefined)[] = [];
    http.app.server.on('request', request => seen.push(request.headers.authorization));
    await http.app.close();
    http = await testHttp();
    http.app.server.on('request', request => seen.push(request.headers.authorization));
    const url = await http.app.listen({ port: 0, host: '127.0.0.1' });
    for (const transport of [urlTransport(url), fetchTransport(url)]) {
      const other = new VcpClient(transport, { token: 't' });
      expect((await other.getVc('genome')).name).toBe('genome');
      const first = await other.execNode('genome', 'compute-1', { command: 'true' }).next();
      expect(first.value).toEqual({ type: 'started', exec: 'ex-1', node: 'compute-1' });
      other.close();
    }
    expect(new Set(seen)).toEqual(new Set(['Bearer t']));
  });

  it('explains an answer that is not the controller\'s', async () => {
    const proxy = new VcpClient(fetchTransport('http://x', async () => new Response('<html>Bad gateway</html>', { status: 502 })));
    await expect(proxy.getVc('genome')).rejects.toMatchObject({ code: 'controller_unavailable', details: { status: 502 } });
  });
});

describe('events', () => {
  it('go on after the controller was started anew, without a gap or a repetition', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const event of client.events({ after: 0 }, { signal: stop.signal })) {
        seen.push(event.seq);
        if (event.seq === 5) return;
      }
    })();
    http.services.commit({}, {});
    await expect.poll(() => seen).toEqual([1, 2]);
    await http.app.close();
    http.services.events.push({ ...http.services.events[0]!, seq: 3 });
    await serve();
    http.services.commit({});
    await expect.poll(() => seen).toEqual([1, 2, 3, 4]);
    http.services.commit({});
    await reading;
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('end when the reader leaves, and give up when there is no controller for too long', async () => {
    const stop = new AbortController();
    const reading = (async () => { for await (const event of client.events({}, { signal: stop.signal })) void event; })();
    await expect.poll(() => calls('listEvents').length).toBeGreaterThan(1);
    stop.abort();
    await reading;
    const none = new VcpClient(socketTransport(join(folder, 'none.sock')));
    await expect(none.events({}, { longestOutageMs: 0 }).next()).rejects.toMatchObject({ code: 'controller_unavailable' });
  });

  it('refuse what the controller refuses', async () => {
    http.services.failure = new VcpError('not_found', 'no such cloud');
    await expect(client.events({ vc: 'x' }).next()).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('waitForOperation', () => {
  it('returns soon after the end, and shows each state once', async () => {
    const shown: string[] = [];
    const waiting = waitForOperation(client, 'op-1', { onProgress: view => shown.push(view.phase) });
    await expect.poll(() => shown).toEqual(['nodes']);
    http.services.operation = { ...OPERATION, phase: 'ready' };
    http.services.commit({ operation: 'op-1' }, { operation: 'op-1' });
    await expect.poll(() => shown).toEqual(['nodes', 'ready']);
    const began = performance.now();
    end({ phase: 'done' });
    expect((await waiting).state).toBe('succeeded');
    expect(performance.now() - began).toBeLessThan(100);
    expect(shown).toEqual(['nodes', 'ready', 'done']);
  });

  it('sees an end that came while the controller was away', async () => {
    const shown: string[] = [];
    const waiting = waitForOperation(client, 'op-1', { onProgress: view => shown.push(view.state) });
    await expect.poll(() => shown).toEqual(['running']);
    await http.app.close();
    http.services.operation = finished();
    await serve();
    expect((await waiting).state).toBe('succeeded');
  });

  it('stops waiting without touching the operation', async () => {
    const stop = new AbortController();
    const waiting = waitForOperation(client, 'op-1', { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled', operation: 'op-1', message: expect.stringContaining('goes on') });
    expect(calls('cancel')).toEqual([]);
  });

  it('makes a bad end into the operation\'s own error and acknowledges that it was told', async () => {
    http.services.operation = finished({ state: 'failed', error: { code: 'no_capacity', message: 'full', hint: 'wait' } });
    await expect(outcomeOf(client, 'op-1')).rejects.toMatchObject({ code: 'no_capacity', message: 'full', hint: 'wait', operation: 'op-1', details: { state: 'failed' } });
    expect(calls('delivered').map(call => call.args)).toEqual([['op-1']]);
  });
});

describe('VcpSDK', () => {
  const cloud = (): VcpSDK => new VcpSDK({ client, name: 'genome' });

  it('makes a unit and gives its nodes', async () => {
    http.services.operation = finished();
    const vc = cloud();
    const spec = await vc.spec.find('local', 'small');
    const nodes = await vc.unit.create('compute', spec, { count: 2, onJoin: 'echo hi' });
    expect(nodes.map(node => [node.name, node.address])).toEqual([['compute-1', '10.64.0.11']]);
    expect(calls('createUnit')[0]!.args).toEqual(['genome', { unit: { name: 'compute', provider: 'local', flavor: 'small', count: 2, onJoin: 'echo hi' } }]);
    expect(calls('delivered')).toHaveLength(1);
  });

  it('makes the virtual cloud with its first unit', async () => {
    http.services.operation = finished();
    vi.spyOn(http.services.cloud, 'createUnit').mockRejectedValueOnce(new VcpError('not_found', 'There is no virtual cloud'));
    setDefaults(() => ({ idempotencyKey: () => 'cell-1' }));
    await cloud().unit.create('compute', { provider: 'local', flavor: 'small' });
    expect(calls('apply')[0]).toMatchObject({ args: ['genome', { baseRevision: 0, document: { name: 'genome', units: [{ name: 'compute' }] } }], caller: { idempotencyKey: 'cell-1.vc' } });
  });

  it('names the nearest flavor, key and region', async () => {
    const { spec } = cloud();
    await expect(spec.find('local', 'smal')).rejects.toMatchObject({ code: 'invalid_request', hint: 'Did you mean “small”?' });
    await expect(spec.find('local', 'small', { region: 'on' })).rejects.toMatchObject({ hint: 'Did you mean “one”?' });
  });

  it('scales, and gives the consent to removals by number', async () => {
    http.services.operation = finished();
    const unit = await cloud().unit.find('compute');
    await unit.scaleTo(1, { allowRemove: 2 });
    expect(calls('scale')[0]!.args).toEqual(['vc-1', 'compute', { count: 1, allowRemove: { compute: 2 } }]);
    await unit.removeNodes([unit.nodes[0]!], { allowRemove: { compute: 1 } });
    expect(calls('removeNodes')[0]!.args).toEqual(['vc-1', { names: ['compute-1'], allowRemove: { compute: 1 } }]);
  });

  it('applies text, files and objects, with the files that they name', async () => {
    http.services.operation = finished();
    writeFileSync(join(folder, 'genome.yml'), 'name: genome\nunits:\n  - {name: compute, provider: local, flavor: small, onJoin: ./join.sh, apps: {web: ./web.yml}}\n');
    writeFileSync(join(folder, 'join.sh'), 'echo joined\n');
    writeFileSync(join(folder, 'web.yml'), 'services: {main: {image: x}}\n');
    await cloud().apply(join(folder, 'genome.yml'), { allowRemove: { compute: 1 } });
    expect(calls('apply')[0]!.args[1]).toMatchObject({ allowRemove: { compute: 1 }, document: { units: [{ onJoin: 'echo joined\n', apps: { web: { services: { main: { image: 'x' } } } } }] } });
    await cloud().apply({ name: 'genome', units: [] });
    await cloud().apply('name: genome\n');
    expect(calls('apply')).toHaveLength(3);
  });

  it('asks where somebody can be asked, and does what was looked at', async () => {
    http.services.operation = finished();
    const asked: string[] = [];
    setDefaults(() => ({ ask: plan => { asked.push(plan.digest); return asked.length > 1; } }));
    await expect(cloud().apply(DOCUMENT)).rejects.toMatchObject({ code: 'cancelled' });
    expect(calls('apply')).toEqual([]);
    await cloud().apply(DOCUMENT);
    expect(calls('apply')[0]!.args[1]).toMatchObject({ planDigest: 'd', baseRevision: 3 });
    await cloud().apply(DOCUMENT, { yes: true });
    expect(asked).toHaveLength(2);
  });

  it('puts line and column to what the controller refuses', async () => {
    http.services.failure = new VcpError('invalid_request', 'no', { at: [{ path: 'units.0.flavor', message: 'not here' }] });
    await expect(cloud().plan('name: genome\nunits:\n  - name: compute\n    provider: local\n    flavor: large\n')).rejects.toMatchObject({ at: [{ line: 5, column: 13, message: 'not here' }] });
  });

  it('names a file that is missing, with the line that names it', async () => {
    await expect(cloud().plan('name: genome\nunits:\n  - {name: compute, provider: local, flavor: small, onJoin: ./nothing.sh}\n')).rejects.toMatchObject({ code: 'invalid_request', at: [{ line: 3, path: 'units.0.onJoin', message: './nothing.sh does not exist.' }] });
  });

  it('deletes only what the program named itself, and what is gone is gone', async () => {
    http.services.operation = finished();
    await cloud().cleanup();
    expect(calls('deleteVc')[0]!.args).toEqual(['genome', 'genome']);
    setDefaults(() => ({ vc: 'genome' }));
    await new VcpSDK({ client }).delete();
    expect(calls('deleteVc')[1]!.args).toEqual(['genome', undefined]);
    http.services.failure = new VcpError('not_found', 'no');
    expect(await cloud().delete()).toBeUndefined();
  });

  it('says when no virtual cloud is named', async () => {
    await expect(async () => new VcpSDK({ client }).get()).rejects.toMatchObject({ code: 'invalid_request', hint: expect.stringContaining('%vc use') });
  });

  it('takes signal, progress, key and origin from the defaults of the moment', async () => {
    http.services.operation = finished();
    const shown: string[] = [];
    setDefaults(() => ({ vc: 'genome', client, origin: { cell: 'c9' }, idempotencyKey: () => 'key-1', onProgress: view => shown.push(view.state) }));
    await new VcpSDK().apply(DOCUMENT);
    expect(calls('apply')[0]!.caller).toMatchObject({ origin: { client: 'sdk', cell: 'c9' }, idempotencyKey: 'key-1' });
    expect(shown).toEqual(['succeeded']);
  });
});

describe('VcNode', () => {
  const node = async () => (await new VcpSDK({ client, name: 'genome' }).nodes('compute'))[0]!;

  it('runs a command and gives all that it said; a bad exit code is a result', async () => {
    http.services.execEvents = async function* (): AsyncGenerator<ExecEvent> {
      yield { type: 'started', exec: 'ex-1', node: 'compute-1' };
      yield { type: 'stdout', data: 'a', offset: 0, bytes: 1 };
      yield { type: 'stderr', data: 'b', offset: 0, bytes: 1 };
      yield { type: 'exit', code: 3, timedOut: false, outcome: 'exited', durationMs: 1 };
    };
    const live: string[] = [];
    const result = await (await node()).exec(['ls', '-l'], { env: { A: 'x' }, cwd: '/tmp', onOutput: (stream, data) => live.push(`${stream}:${data}`) });
    expect(result).toMatchObject({ node: 'compute-1', exec: 'ex-1', stdout: 'a', stderr: 'b', code: 3, outcome: 'exited', timedOut: false });
    expect(live).toEqual(['stdout:a', 'stderr:b']);
    expect(calls('exec')[0]!.args).toEqual(['vc-1', 'compute-1', { command: ['ls', '-l'], env: { A: 'x' }, cwd: '/tmp' }]);
  });

  it('takes a broken connection up again where it was, and never runs twice', async () => {
    http.services.execEvents = async function* (signal): AsyncGenerator<ExecEvent> {
      yield { type: 'started', exec: 'ex-1', node: 'compute-1' };
      yield { type: 'stdout', data: 'é', offset: 0, bytes: 2 };
      await once(signal, 'abort');
    };
    const seen: string[] = [];
    const running = (await node()).exec('x', { onOutput: (_, data) => seen.push(data) });
    await expect.poll(() => seen).toEqual(['é']);
    const before = http;
    http.services.execEvents = async function* (): AsyncGenerator<ExecEvent> {
      yield { type: 'started', exec: 'ex-1', node: 'compute-1' };
      yield { type: 'stdout', data: 'nd', offset: 2, bytes: 2 };
      yield { type: 'exit', code: 0, timedOut: false, outcome: 'exited', durationMs: 1 };
    };
    await http.app.close();
    await serve();
    expect((await running).stdout).toBe('énd');
    expect(before.services.calls.filter(call => call.method === 'exec')).toHaveLength(1);
    expect(calls('exec')).toEqual([]);
    expect(calls('attach')[0]!.args).toEqual(['ex-1', { stdout: 2, stderr: 0 }]);
  });

  it('ends the command on the node when its signal aborts', async () => {
    const stop = new AbortController();
    http.services.execEvents = async function* (signal): AsyncGenerator<ExecEvent> {
      yield { type: 'started', exec: 'ex-1', node: 'compute-1' };
      yield { type: 'stdout', data: 'x', offset: 0 };
      await once(signal, 'abort');
    };
    await expect((await node()).exec('x', { signal: stop.signal, onOutput: () => stop.abort() })).rejects.toMatchObject({ code: 'cancelled', details: { exec: 'ex-1' } });
    expect(calls('cancelExec').map(call => call.args)).toEqual([['ex-1']]);
  });

  it('copies a folder as its new name, and a file into a folder', async () => {
    mkdirSync(join(folder, 'data', 'sub'), { recursive: true });
    writeFileSync(join(folder, 'data', 'sub', 'a.txt'), 'aaa');
    writeFileSync(join(folder, 'data', 'empty'), '');
    const target = await node();
    await target.copyTo(join(folder, 'data'), '/srv/input');
    await target.copyTo(join(folder, 'data', 'empty'), '/srv/');
    const [first, second] = calls('copyTo');
    expect(first!.args.slice(1, 3)).toEqual(['compute-1', '/srv']);
    expect((await entriesOf(first!.args[3] as Buffer)).sort()).toEqual([['input/', ''], ['input/empty', ''], ['input/sub/', ''], ['input/sub/a.txt', 'aaa']]);
    expect([second!.args[2], await entriesOf(second!.args[3] as Buffer)]).toEqual(['/srv', [['empty', '']]]);
  });

  it('unpacks what comes from a node, and lets nothing out of the folder', async () => {
    const target = await node();
    const answer = (entries: Parameters<typeof archiveOf>[0]) => vi.spyOn(http.services.nodeWork, 'copyFrom').mockImplementationOnce(async () => Readable.from(archiveOf(entries)));
    answer([[{ name: 'logs/', type: 'directory' }, ''], [{ name: 'logs/a.log' }, 'aaa']]);
    expect(await target.copyFrom('/var/logs', join(folder, 'new'))).toBe(join(folder, 'new'));
    expect(readFileSync(join(folder, 'new', 'a.log'), 'utf8')).toBe('aaa');
    answer([[{ name: 'a.log' }, 'bbb']]);
    expect(await target.copyFrom('/var/a.log', `${folder}/into/`)).toBe(join(folder, 'into', 'a.log'));
    for (const entries of [[[{ name: '../evil' }, 'x']], [[{ name: 'd/', type: 'directory' }, ''], [{ name: 'd/l', type: 'symlink', linkname: '../../evil' }, '']]] as Parameters<typeof archiveOf>[0][]) {
      answer(entries);
      await expect(target.copyFrom('/var/logs', join(folder, 'bad'))).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });

  it('says what is missing here before it asks the controller', async () => {
    const target = await node();
    await expect(target.copyTo(join(folder, 'nothing'), '/srv')).rejects.toMatchObject({ code: 'not_found' });
    expect(calls('copyTo')).toEqual([]);
    expect(String(Object(target)[Symbol.for('nodejs.util.inspect.custom')]())).toBe(`VcNode genome/${NODE.name} (running, 10.64.0.11)`);
  });

  it('runs containers from an image, and refuses what Compose here does not know', async () => {
    const { containers } = await node();
    await containers.run('web', 'nginx');
    expect(calls('runContainers')[0]!.args.slice(0, 4)).toEqual(['vc-1', 'compute-1', 'web', { services: { web: { image: 'nginx' } } }]);
    await expect(containers.run('web', { image: 'x', healthcheck: {} } as never)).rejects.toMatchObject({ code: 'invalid_request', at: [{ path: 'services.web.healthcheck' }] });
    expect(await containers.logs('web-web', { tail: 3 })).toBe('line\n');
  });
});

async function entriesOf(tar: Buffer): Promise<[string, string][]> {
  const archive = extract();
  archive.end(tar);
  const entries: [string, string][] = [];
  for await (const entry of archive) {
    let text = '';
    for await (const piece of entry) text += String(piece);
    entries.push([entry.header.name, text]);
  }
  return entries;
}

function archiveOf(entries: readonly (readonly [Parameters<ReturnType<typeof pack>['entry']>[0], string])[]): ReturnType<typeof pack> {
  const archive = pack();
  for (const [header, text] of entries) archive.entry(header, text);
  archive.finalize();
  return archive;
}
