import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProtocolClient, type CellOutcome } from './protocol-client.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const hasEngine = process.env['DOCKER_HOST'] !== undefined || existsSync('/var/run/docker.sock');
const home = mkdtempSync(join(tmpdir(), 'vcp-home-'));
const env = { VCP_HOME: home, JPY_SESSION_NAME: 'story.ipynb' };
const NAME = `kernel-${process.pid}`;

const apply = (flags: string, count: string): string =>
  `%%vc apply ${flags}\nversion: 1\nname: ${NAME}\nunits:\n  - name: work\n    provider: local\n    flavor: small\n    count: ${count}`;

/** The text of everything that a cell shows, latest state of each display. */
function shown({ outputs, reply }: CellOutcome): string {
  const places = new Map<string, string>();
  outputs.forEach(({ content }, index) => {
    const id = (content['transient'] as { display_id?: string } | undefined)?.display_id ?? `output ${index}`;
    places.set(id, String((content['data'] as Record<string, unknown> | undefined)?.['text/plain'] ?? content['text'] ?? content['evalue']));
  });
  return [...places.values(), String(reply['evalue'] ?? '')].join('\n');
}

describe.skipIf(!hasEngine)('virtual clouds in a notebook, on the real engine', { timeout: 120_000 }, () => {
  let kernel: ProtocolClient;
  const run = (code: string, cellId = code): Promise<CellOutcome> => kernel.execute(code, { cellId, allowStdin: false });

  beforeAll(async () => {
    kernel = await ProtocolClient.start({ env });
    await kernel.execute('const count = 2');
  }, 120_000);

  afterAll(async () => {
    await run(`%vc delete ${NAME} --confirm ${NAME}`);
    await kernel.shutdown();
    execFileSync(process.execPath, [join(root, 'sdk/dist/vcp.mjs'), 'controller', 'stop'], { env: { ...process.env, ...env }, stdio: 'ignore' });
    rmSync(home, { recursive: true, force: true });
  }, 120_000);

  it('shows a plan and changes nothing', async () => {
    expect(shown(await run(apply('--plan', '${count}')))).toMatch(new RegExp(`Plan for ${NAME} \\(new\\).*work-2`, 's'));
    expect(shown(await run('%vc ps'))).toContain('There are no virtual clouds');
  });

  it('wants consent where nobody can be asked', async () => {
    expect((await run(apply('', '${count}'))).reply).toMatchObject({ status: 'error', evalue: expect.stringContaining('Add --yes') });
  });

  it('points at the line of a mistake in the configuration', async () => {
    const code = apply('--yes', '${count}').replace('flavor: small', 'flavour: small');
    expect((await run(code)).reply['evalue']).toMatch(/:7:5 .*flavour/);
  });

  it('goes on when the cell is interrupted, and finds its operation again', async () => {
    const code = apply('--yes', '${count}');
    const cell = await kernel.submit(code, { cellId: 'apply', allowStdin: false });
    await kernel.waitFor(({ parentId, content }) => parentId === cell.id && JSON.stringify(content).includes(' of '));
    await kernel.interrupt();
    expect((await cell.outcome).reply).toMatchObject({ ename: 'KeyboardInterrupt' });
    expect(shown(await cell.outcome)).toContain('goes on');
    expect(shown(await run(code, 'apply'))).toMatch(/✔ .*2 nodes running/);
    const ops = shown(await run('%vc ops'));
    expect(ops.match(/Apply/g)).toHaveLength(1);
  });

  it('shows an outcome that never reached a kernel', async () => {
    const other = await ProtocolClient.start({ env });
    const cell = await other.submit(`%vc scale ${NAME}/work 3`, { cellId: 'scale', allowStdin: false });
    await other.waitFor(({ parentId, content }) => parentId === cell.id && JSON.stringify(content).includes('Scale work'));
    other.dispose();
    const outcome = shown(await run(`%vc scale ${NAME}/work 3`, 'scale'));
    expect(outcome).toMatch(/✔ .*3 nodes running/);
    expect(shown(await run('%vc ops')).match(/Scale work to 3/g)).toHaveLength(1);
  });

  it('removes nothing without the flag, and says which', async () => {
    const { reply, outputs } = await run(`%vc scale work 1`);
    expect(reply).toMatchObject({ status: 'error', evalue: expect.stringContaining('--allow-remove work:2') });
    expect(JSON.stringify(outputs)).toContain('－ remove');
    expect((await run(apply('--yes', '${count}'), 'apply')).reply).toMatchObject({ status: 'error', evalue: expect.stringContaining('--allow-remove work:1') });
    expect(shown(await run('%vc ps'))).toContain('3/3');
  });

  it('runs shell commands on nodes and folds what is the same', async () => {
    const { reply, outputs } = await run('%%on work\necho same; [ "$(hostname)" != work-2 ] || exit 4', 'on');
    expect(reply).toMatchObject({ status: 'error', ename: 'MagicError', evalue: `1 of 3 nodes of ${NAME} failed: work-2 (exit code 4)` });
    const text = shown({ reply, outputs, stdout: '', stderr: '', result: undefined });
    expect(text.indexOf('✖ work-2')).toBeLessThan(text.indexOf('work-1, work-3 (2 nodes said the same)'));
    const html = JSON.stringify(outputs);
    expect(html).toContain('<details open><summary>✖ work-2: exit code 4');
  });

  it('keeps what nodes said, typed', async () => {
    await run('%%on work-[1-2] --into answers --env GREETING=hi\necho "$GREETING ${count}"');
    expect((await run('answers.map(({ node, stdout, code }) => `${node}: ${stdout.trim()} ${code}`)')).result).toBe("[ 'work-1: hi 2 0', 'work-2: hi 2 0' ]");
  });

  it('ends a command on its nodes when the cell is interrupted', async () => {
    const cell = await kernel.submit('%%on work-1\necho started; exec sleep 4321', { cellId: 'sleep' });
    await kernel.waitFor(({ parentId, type, content }) => parentId === cell.id && type === 'display_data' && JSON.stringify(content).includes('started'));
    await kernel.interrupt();
    expect((await cell.outcome).reply).toMatchObject({ ename: 'KeyboardInterrupt' });
    await expect.poll(async () => shown(await run('%%on work-1\npgrep -c "sleep" || true', 'count')).includes('\n0'), { timeout: 10_000 }).toBe(true);
  });

  it('offers the SDK, for the virtual cloud in use, and refuses calls that nobody awaits', async () => {
    expect((await run('(await vc.nodes("work")).map((node) => node.name)')).result).toBe("[ 'work-1', 'work-2', 'work-3' ]");
    expect((await run('vc.unit.list()')).reply).toMatchObject({ ename: 'TypeScriptError', evalue: expect.stringContaining('not awaited') });
    expect((await run('const unit = await vc.unit.find("work"); unit')).result).toMatch(/unit work[\s\S]*work-3/);
  });

  it('scales down with the flag and deletes with the name', async () => {
    expect(shown(await run('%vc scale work 1 --allow-remove work:2'))).toMatch(/✔ .*1 node running/);
    expect((await run(`%vc delete ${NAME}`)).reply).toMatchObject({ status: 'error', evalue: expect.stringContaining(`--confirm ${NAME}`) });
    kernel.onInput = () => NAME;
    expect(shown(await kernel.execute(`%vc delete ${NAME}`, { cellId: 'ask' }))).toMatch(/✔ .*nothing left/);
  });
});
