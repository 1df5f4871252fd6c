import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { VcpError, type ExecEvent, type OperationView, type Plan } from '@jupyterlab-vcp/sdk/wire';
import { VcpClient, socketTransport } from '@jupyterlab-vcp/sdk';
import { runCli } from '../../../sdk/src/cli/run-cli.js';
import { DOCUMENT, NODE, OPERATION, PLAN, VC } from './recording-services.js';
import { testHttp, type TestHttp } from './test-http.js';

let http: TestHttp;
let folder: string;
let file: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcp-cli-'));
  file = join(folder, 'genome.yml');
  writeFileSync(file, 'name: genome\nunits:\n  - {name: compute, provider: local, flavor: small}\n');
  http = await testHttp();
  await http.app.listen({ path: join(folder, 's.sock') });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await http.app.close();
  rmSync(folder, { recursive: true });
});

interface Run { readonly code: number; readonly out: string; readonly err: string }

async function vcp(line: readonly string[], options: { readonly answer?: string; readonly signal?: AbortSignal; readonly screen?: boolean } = {}): Promise<Run> {
  const said = { out: '', err: '' };
  const code = await runCli(line, {
    version: '9.9.9', signal: options.signal ?? new AbortController().signal, connect: async () => new VcpClient(socketTransport(join(folder, 's.sock')), { origin: { client: 'cli' } }),
    terminal: { out: text => { said.out += text; }, err: text => { said.err += text; }, isScreen: options.screen === true, ask: options.answer === undefined ? undefined : async () => options.answer!, columns: 60 }
  });
  return { code, ...said };
}

const calls = (method: string) => http.services.calls.filter(call => call.method === method);
const ended = (change: Partial<OperationView> = {}): OperationView => ({ ...OPERATION, state: 'succeeded', result: { summary: '1 node running', added: [], removed: [], changed: [] }, ...change });
const planned = (change: Partial<Plan>): void => { vi.spyOn(http.services.cloud, 'plan').mockResolvedValue({ ...PLAN, ...change }); };
const ADDS = { changes: [{ action: 'add' as const, kind: 'node' as const, unit: 'compute', name: 'compute-1', detail: 'small' }], summary: { add: 1, change: 0, remove: 0 } };

describe('vcp apply', () => {
  it('does nothing where nothing is to do', async () => {
    vi.spyOn(http.services.cloud, 'listOperations').mockResolvedValue({ items: [], seq: 1 });
    expect(await vcp(['apply', file])).toMatchObject({ code: 0, out: 'genome is as the configuration says: nothing to do.\n' });
    expect(calls('apply')).toEqual([]);
  });

  it('waits for the operation that is making it so, without asking', async () => {
    http.services.operation = ended();
    expect(await vcp(['apply', file])).toMatchObject({ code: 0, out: expect.stringContaining('✔ apply genome') });
    expect(calls('apply')[0]!.args).toEqual(['genome', expect.objectContaining({ planDigest: 'd', allowRemove: {} })]);
  });

  it('makes a virtual cloud that has no nodes yet', async () => {
    planned({ exists: false });
    http.services.operation = ended();
    expect(await vcp(['apply', file, '--yes'])).toMatchObject({ code: 0, err: expect.stringContaining('genome (new) without nodes') });
    expect(calls('apply')).toHaveLength(1);
  });

  it('shows the plan, does exactly that with --yes and says in one line how it ended', async () => {
    planned(ADDS);
    http.services.operation = ended();
    const run = await vcp(['apply', file, '--yes']);
    expect(run.code).toBe(0);
    expect(run.err).toContain('＋  node  compute-1  small');
    expect(run.out).toBe('✔ apply genome: 1 node running in 0:00 (cloud 0:00, ours 0:00)\n');
    expect(calls('apply')[0]!.args).toEqual(['genome', expect.objectContaining({ planDigest: 'd', baseRevision: 3, allowRemove: {} })]);
    expect(calls('apply')[0]!.caller.origin.client).toBe('cli');
  });

  it('asks on a terminal, and refuses to guess where nobody can be asked', async () => {
    planned(ADDS);
    http.services.operation = ended();
    expect(await vcp(['apply', file])).toMatchObject({ code: 1, err: expect.stringContaining('→ Add --yes.') });
    expect(await vcp(['apply', file], { answer: 'n' })).toMatchObject({ code: 1, err: expect.stringContaining('Nothing was changed') });
    expect(calls('apply')).toEqual([]);
    expect((await vcp(['apply', file], { answer: 'y' })).code).toBe(0);
    expect(calls('apply')).toHaveLength(1);
  });

  it('stops at removals with the flag to give, also with --yes', async () => {
    planned({ changes: [{ action: 'remove', kind: 'node', unit: 'compute', name: 'compute-3', detail: '' }], removals: { compute: 2 } });
    http.services.operation = ended();
    for (const flags of [['--yes'], ['--yes', '--allow-remove', 'compute:1']]) expect(await vcp(['apply', file, ...flags])).toMatchObject({ code: 1, err: expect.stringContaining('add --allow-remove compute:2') });
    expect(calls('apply')).toEqual([]);
    expect((await vcp(['apply', file, '--yes', '--allow-remove', 'compute:2'])).code).toBe(0);
    expect(calls('apply')[0]!.args[1]).toMatchObject({ allowRemove: { compute: 2 } });
  });

  it('shows file, line and column of a mistake, whoever finds it', async () => {
    http.services.failure = new VcpError('invalid_request', 'The configuration has a mistake', { at: [{ path: 'units.0.flavor', message: 'not of this provider' }] });
    expect(await vcp(['plan', file])).toMatchObject({ code: 1, err: expect.stringContaining(`${file}:3:46 not of this provider`) });
    writeFileSync(file, 'name: genome\nunts: []\n');
    expect(await vcp(['plan', file])).toMatchObject({ code: 1, err: expect.stringContaining(`${file}:2:1`) });
    expect((await vcp(['plan', join(folder, 'none.yml')])).err).toContain('does not exist');
  });

  it.each([['failed', 1], ['cancelled', 1], ['needs-attention', 3]] as const)('ends with the operation: %s is exit code %i', async (state, code) => {
    planned(ADDS);
    http.services.operation = ended({ state, error: { code: 'provider_failed', message: 'the engine said no', hint: 'start it' } });
    expect(await vcp(['apply', file, '-y'])).toMatchObject({ code, err: expect.stringContaining('✖ the engine said no\n→ start it\n  operation op-1') });
  });

  it('stops waiting at Ctrl-C, says so and leaves the operation alone', async () => {
    planned(ADDS);
    const stop = new AbortController();
    const running = vcp(['apply', file, '-y'], { signal: stop.signal });
    await expect.poll(() => calls('getOperation').length).toBeGreaterThan(0);
    stop.abort();
    expect(await running).toMatchObject({ code: 130, err: expect.stringContaining('operation op-1 goes on') });
    expect(calls('cancel')).toEqual([]);
  });

  it('draws one line over on a screen, and plain lines elsewhere', async () => {
    planned(ADDS);
    const resources = [{ kind: 'node' as const, name: 'compute-1', state: 'running' as const, phase: 'booting' }];
    for (const screen of [true, false]) {
      http.services.operation = { ...OPERATION, resources };
      const before = calls('getOperation').length;
      const running = vcp(['apply', file, '-y'], { screen });
      await expect.poll(() => calls('getOperation').length).toBeGreaterThan(before);
      http.services.operation = ended({ resources: [{ ...resources[0]!, state: 'done' }] });
      http.services.commit({ operation: 'op-1' });
      const { err } = await running;
      if (screen) expect(err).toContain('\r\u001b[2K◐ apply genome  0/1  0:00  compute-1: booting');
      else expect(err).toContain('genome: node compute-1: booting\ngenome: node compute-1: done\n');
    }
  });
});

describe('vcp', () => {
  it('lists virtual clouds and one of them', async () => {
    expect((await vcp(['ps'])).out).toBe('NAME    STATE      NODES  PRICE  REASON\ngenome  ● running  1/1    free\n');
    const { out } = await vcp(['ps', 'genome']);
    expect(out).toContain('compute  ● running  1/1    local/one  1 cpu, 2 GiB');
    expect(out).toContain('compute-1  ● running  10.64.0.11');
    expect(JSON.parse((await vcp(['ps', 'genome', '--json'])).out)).toMatchObject({ vc: { name: 'genome' }, nodes: [{ name: 'compute-1' }] });
  });

  it('scales, adds, removes and deletes with the consent that is given', async () => {
    http.services.operation = ended();
    expect((await vcp(['scale', 'genome/compute', '4', '--allow-remove', 'compute:1'])).code).toBe(0);
    expect(calls('scale')[0]!.args).toEqual(['genome', 'compute', { count: 4, allowRemove: { compute: 1 } }]);
    await vcp(['add', 'genome/compute']);
    expect(calls('addNodes')[0]!.args).toEqual(['genome', 'compute', { count: 1 }]);
    await vcp(['remove', 'genome/compute-1', 'genome/compute-2']);
    expect(calls('removeNodes')[0]!.args).toEqual(['genome', { names: ['compute-1', 'compute-2'], allowRemove: {} }]);
    await vcp(['delete', 'genome', '--confirm', 'genome']);
    await vcp(['delete', 'genome']);
    await vcp(['delete', 'genome'], { answer: 'gnome' });
    expect(calls('deleteVc').map(call => call.args)).toEqual([['genome', 'genome'], ['genome', undefined], ['genome', 'gnome']]);
    expect(await vcp(['scale', 'compute', '4'])).toMatchObject({ code: 2, err: expect.stringContaining('genome/compute') });
    expect(await vcp(['scale', 'genome/compute', 'four'])).toMatchObject({ code: 2 });
  });

  it('exports YAML that can be applied again', async () => {
    expect(parse((await vcp(['export', 'genome'])).out)).toEqual(DOCUMENT);
  });

  it('runs a command and ends with its exit code', async () => {
    http.services.execEvents = async function* (): AsyncGenerator<ExecEvent> {
      yield { type: 'started', exec: 'ex-1', node: 'compute-1' };
      yield { type: 'stdout', data: 'out\n', offset: 0 };
      yield { type: 'stderr', data: 'err\n', offset: 0 };
      yield { type: 'exit', code: 7, timedOut: false, outcome: 'exited', durationMs: 1 };
    };
    expect(await vcp(['exec', 'compute', '-e', 'A=b', '--timeout', '3', '--', 'false'])).toEqual({ code: 7, out: 'out\n', err: 'err\n' });
    expect(calls('exec')[0]!.args[2]).toMatchObject({ command: 'false', env: { A: 'b' }, timeoutMs: 3000 });
    await vcp(['exec', 'genome/compute', '--', 'ls', '-l']);
    expect(calls('exec')[1]!.args[2]).toMatchObject({ command: ['ls', '-l'] });
    expect(JSON.parse((await vcp(['exec', 'compute', '--json', '--', 'x'])).out)).toMatchObject([{ node: 'compute-1', code: 7, stdout: 'out\n' }]);
    http.services.execEvents = async function* (): AsyncGenerator<ExecEvent> {
      yield { type: 'started', exec: 'ex-1', node: 'compute-1' };
      yield { type: 'exit', code: null, timedOut: false, outcome: 'unknown', durationMs: 1 };
    };
    expect(await vcp(['exec', 'compute', '--', 'x'])).toMatchObject({ code: 3, err: expect.stringContaining('outcome unknown') });
  });

  it('shows what the other nodes said when one does not answer', async () => {
    vi.spyOn(http.services.cloud, 'listNodes').mockResolvedValue({ items: [1, 2, 3].map(number => ({ ...NODE, id: `nd-${number}`, number, name: `compute-${number}` })), seq: 1 });
    let ran = 0;
    http.services.execEvents = async function* (): AsyncGenerator<ExecEvent> {
      ran += 1;
      if (ran === 2) throw new VcpError('node_unreachable', 'it cannot be reached');
      yield { type: 'started', exec: `ex-${ran}`, node: 'compute' };
      yield { type: 'stdout', data: 'hello\n', offset: 0 };
      yield { type: 'exit', code: 0, timedOut: false, outcome: 'exited', durationMs: 1 };
    };
    const { code, out, err } = await vcp(['exec', 'genome/*', '--', 'hostname']);
    expect(code).toBe(1);
    expect(out).toMatch(/\(2 nodes said the same\)\nhello\n── compute-\d ✖ no answer\nit cannot be reached\n/);
    expect(err).toMatch(/1 of 3 nodes failed: compute-\d \(no answer\)/);
  });

  it('tells how all nodes of a virtual cloud are named', async () => {
    expect(await vcp(['exec', 'genome', '--', 'hostname'])).toMatchObject({ code: 1, err: expect.stringContaining('“genome/*”') });
    vi.spyOn(http.services.cloud, 'listVcs').mockResolvedValue({ items: [VC, { ...VC, id: 'vc-2', name: 'other' }], seq: 1 });
    expect(await vcp(['exec', 'other', '--', 'hostname'])).toMatchObject({ code: 1, err: expect.stringContaining('“other/*”') });
  });

  it('folds what several nodes say alike and fails when one fails', async () => {
    vi.spyOn(http.services.cloud, 'listNodes').mockResolvedValue({ items: [1, 2, 3].map(number => ({ ...NODE, id: `nd-${number}`, number, name: `compute-${number}` })), seq: 1 });
    let ran = 0;
    http.services.execEvents = async function* (): AsyncGenerator<ExecEvent> {
      ran += 1;
      const code = ran === 2 ? 1 : 0;
      yield { type: 'started', exec: `ex-${ran}`, node: 'x' };
      yield { type: 'stdout', data: 'same\n', offset: 0 };
      yield { type: 'exit', code, timedOut: false, outcome: 'exited', durationMs: 1 };
    };
    const run = await vcp(['exec', 'genome/compute-[1-3]', '--', 'x']);
    expect(run).toMatchObject({ code: 1, err: expect.stringContaining('1 of 3 nodes failed') });
    expect(run.out).toMatch(/^── compute-\d, compute-\d \(2 nodes said the same\)\nsame\n── compute-\d ✖ exit code 1\nsame\n$/);
  });

  it('copies to and from nodes', async () => {
    expect(await vcp(['cp', file, 'genome/compute:/srv/'])).toMatchObject({ code: 0 });
    expect(calls('copyTo')[0]!.args.slice(0, 3)).toEqual(['vc-1', 'compute-1', '/srv']);
    expect(await vcp(['cp', file, 'elsewhere.yml'])).toMatchObject({ code: 2, err: expect.stringContaining('VC/NODE:/path') });
  });

  it('follows events and lists operations', async () => {
    http.services.commit({ type: 'vc.changed', vc: 'genome', data: { name: 'genome', state: 'running' } });
    const { out } = await vcp(['events', '--after', '0', '--count', '1']);
    expect(out).toMatch(/^ {5}1 {2}2026\S+ {2}vc\.changed {9}genome {2}genome {2}running\n$/);
    expect((await vcp(['ops', 'genome', '--open'])).out).toContain('op-1  ● running');
    expect(calls('listOperations')[0]!.args).toEqual([{ limit: 20, vc: 'genome', open: true }]);
    expect((await vcp(['op', 'cancel', 'op-1'])).out).toContain('is being stopped');
  });

  it('looks what works here', async () => {
    const { code, out } = await vcp(['doctor', 'local']);
    expect([code, out]).toEqual([0, expect.stringContaining('✔ Provider local (This computer (containers)): regions one')]);
    expect(await vcp(['doctor', 'locale'])).toMatchObject({ code: 1, err: expect.stringContaining('Did you mean “local”?') });
  });

  it('prints errors as JSON where results are', async () => {
    http.services.failure = new VcpError('not_found', 'no', { hint: 'h' });
    const { code, out, err } = await vcp(['ps', 'x', '--json']);
    expect([code, out, JSON.parse(err)]).toEqual([1, '', { error: { code: 'not_found', message: 'no', hint: 'h' } }]);
  });

  it('helps', async () => {
    expect(await vcp([])).toMatchObject({ code: 2, out: expect.stringContaining('vcp COMMAND --help') });
    expect(await vcp(['--help'])).toMatchObject({ code: 0 });
    expect(await vcp(['scale', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--allow-remove UNIT:N') });
    expect(await vcp(['help', 'scale'])).toMatchObject({ code: 0, out: expect.stringContaining('--allow-remove UNIT:N') });
    expect(await vcp(['--version'])).toEqual({ code: 0, out: '9.9.9\n', err: '' });
    expect(await vcp(['scla'])).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean “vcp scale”?') });
  });
});
