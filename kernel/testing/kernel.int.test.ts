import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ownKernel, ProtocolClient } from './protocol-client.js';

let kernel: ProtocolClient;
beforeAll(async () => {
  kernel = await ProtocolClient.start();
});
afterAll(() => kernel.dispose());

const text = (value: unknown): string => JSON.stringify(value);

describe('running cells', () => {
  it('answers kernel_info, on both channels, with the language', async () => {
    for (const channel of ['shell', 'control'] as const) {
      const { content } = await kernel.request('kernel_info_request', {}, channel);
      expect(content).toMatchObject({ status: 'ok', language_info: { name: 'typescript', file_extension: '.ts' } });
    }
  });

  it('returns the last expression as a result with its number', async () => {
    const { reply, outputs } = await kernel.execute('({ a: [1, 2] })');
    expect(reply).toMatchObject({ status: 'ok', user_expressions: {}, payload: [] });
    const result = outputs.find(({ type }) => type === 'execute_result');
    expect(result?.content).toMatchObject({ execution_count: reply['execution_count'], data: { 'text/plain': '{ a: [ 1, 2 ] }' } });
  });

  it('asks the value itself how it wants to be shown', async () => {
    const { outputs } = await kernel.execute('({ [Symbol.for("Jupyter.display")]: async () => ({ "text/html": "<b>x</b>" }) })');
    expect(text(outputs)).toContain('"text/html":"<b>x</b>"');
  });

  it('keeps variables, functions and types from cell to cell', async () => {
    await kernel.execute('interface Size { cpu: number }\nlet n = 1\nconst inc = () => { n++ }');
    expect((await kernel.execute('n = 100; inc(); const s: Size = { cpu: n }; s')).result).toBe('{ cpu: 101 }');
  });

  it.each([600, 5_000, 50_000])('delivers %i lines', async (count) => {
    const { stdout } = await kernel.execute(`for (let i = 0; i < ${count}; i++) console.log("line " + i)`);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(count);
    expect(lines.at(-1)).toBe(`line ${count - 1}`);
  });

  it('tells standard output from standard error, in order', async () => {
    const { stdout, stderr } = await kernel.execute('console.log("a"); console.error("b"); process.stdout.write("c"); console.table([{ x: 1 }])');
    expect(stdout).toMatch(/^a\nc┌/);
    expect(stderr).toBe('b\n');
  });

  it('puts late output under the cell that started it', async () => {
    const first = await kernel.submit('setTimeout(() => console.log("late"), 150); 1');
    await first.outcome;
    const second = await kernel.submit('await new Promise((r) => setTimeout(r, 400)); console.log("mine")');
    const { stdout } = await second.outcome;
    expect(stdout).toBe('mine\n');
    expect(text(kernel.outputsOf(first.id))).toContain('late');
  });

  it('puts errors that nobody caught under the cell that started them, and lives on', async () => {
    const first = await kernel.submit('setTimeout(() => { throw new Error("late failure") }, 20); Promise.reject(new Error("nobody cared")); 1');
    await first.outcome;
    await kernel.waitFor(({ parentId, type, content }) => parentId === first.id && type === 'stream' && text(content).includes('late failure'));
    expect(text(kernel.outputsOf(first.id))).toContain('nobody cared');
    expect((await kernel.execute('1 + 1')).result).toBe('2');
  });

  it('evaluates user expressions without leaving a trace', async () => {
    const { reply } = await kernel.execute('const ue = 5', { userExpressions: { good: 'ue + 1', bad: 'nothing.at.all' } });
    expect(reply['user_expressions']).toMatchObject({ good: { status: 'ok', data: { 'text/plain': '6' } }, bad: { status: 'error' } });
  });

  it('stays quiet and does not count when silent', async () => {
    const before = (await kernel.execute('1')).reply['execution_count'];
    const { outputs, reply } = await kernel.execute('console.log("x"); 5', { silent: true });
    expect(outputs).toEqual([]);
    expect(reply).toMatchObject({ status: 'ok', execution_count: before });
  });

  it('shows, replaces and clears displays', async () => {
    const { outputs } = await kernel.execute('const h = display({ "text/html": "<p>one &amp; two</p>" }); h.update({ "text/plain": "2" }); display({ "image/png": new Uint8Array([1, 2]) }); clearOutput({ wait: true })');
    expect(outputs.map(({ type }) => type)).toEqual(['display_data', 'update_display_data', 'display_data', 'clear_output']);
    expect(outputs[0]?.content['data']).toEqual({ 'text/html': '<p>one &amp; two</p>', 'text/plain': 'one & two' });
    expect(outputs[1]?.content['transient']).toEqual(outputs[0]?.content['transient']);
    expect(outputs[2]?.content['data']).toMatchObject({ 'image/png': 'AQI=' });
  });

  it('draws charts with a text beside them', async () => {
    const { outputs } = await kernel.execute('displayVegaLite({ title: "Pi", mark: "bar", encoding: { x: { field: "node" }, y: { field: "pi" } }, data: { values: [{ node: "w-1", pi: 3.14 }] } })');
    const data = outputs[0]?.content['data'] as Record<string, unknown>;
    expect(data['application/vnd.vegalite.v5+json']).toMatchObject({ mark: 'bar', $schema: expect.stringContaining('vega-lite/v5') });
    expect(data['text/plain']).toMatch(/^Pi \(bar, x: node, y: pi\)\nnode +pi\n─+ +─+\nw-1 +3.14$/);
  });

  it('offers the display functions of tslab', async () => {
    const { outputs, reply } = await kernel.execute('import * as tslab from "tslab"\ntslab.display.html("<b>hi</b>"); const d = tslab.newDisplay(); d.text("1"); d.text("2")');
    expect(reply).toMatchObject({ status: 'ok' });
    expect(outputs.map(({ type }) => type)).toEqual(['display_data', 'display_data', 'update_display_data']);
  });

  it('pages long texts', async () => {
    expect((await kernel.execute('page("long")')).reply['payload']).toEqual([{ source: 'page', data: { 'text/plain': 'long' }, start: 0 }]);
  });

  it('works from a folder without packages', async () => {
    expect((await kernel.execute('import { readFileSync } from "node:fs"\nconst res: Response | undefined = undefined; typeof fetch + typeof readFileSync + typeof require("node:os")')).result).toBe("'functionfunctionobject'");
  });
});

describe('errors', () => {
  it('name the error and the place in the cell, and keep what was assigned before', async () => {
    const { reply, outputs } = await kernel.execute('const before = 7\nfunction fail(): number {\n  throw new RangeError("too far")\n}\nfail()');
    expect(reply).toMatchObject({ status: 'error', ename: 'RangeError', evalue: 'too far' });
    const traceback = (outputs.find(({ type }) => type === 'error')?.content['traceback'] as string[]).join('\n');
    expect(traceback).toMatch(/at fail \(cell\[\d+\]:3:9\)/);
    expect(traceback).toMatch(/cell\[\d+\]:5:\d/);
    expect(traceback).not.toMatch(/node:internal|kernel\.mjs/);
    expect((await kernel.execute('before')).result).toBe('7');
  });

  it('of types stop the cell before anything runs', async () => {
    const { reply, stdout } = await kernel.execute('console.log("ran")\nconst x: number = "text"');
    expect(stdout).toBe('');
    expect(reply).toMatchObject({ ename: 'TypeScriptError', evalue: expect.stringMatching(/cell\[\d+\]:2:7 TS2322/) });
  });

  it('leave a redeclared name without a value when its statement was not reached', async () => {
    await kernel.execute('const kept = 1; const lost = 2');
    await kernel.execute('const kept = "new"; if (kept) throw new Error("stop"); const lost = "never"');
    expect((await kernel.execute('[kept, lost]')).result).toBe("[ 'new', undefined ]");
  });

  it('of anything that is thrown are reported', async () => {
    expect((await kernel.execute('throw { code: 5 }')).reply).toMatchObject({ status: 'error', evalue: '{ code: 5 }' });
  });

  it('abort the cells that wait, each with a reply, and later ones run', async () => {
    const cells = [await kernel.submit('await new Promise((r) => setTimeout(r, 100)); throw new Error("first")'), await kernel.submit('1'), await kernel.submit('2')];
    const replies = (await Promise.all(cells.map(({ outcome }) => outcome))).map(({ reply }) => reply['status']);
    expect(replies).toEqual(['error', 'aborted', 'aborted']);
    expect((await kernel.execute('3')).result).toBe('3');
  });

  it('abort nothing when the front end does not want it', async () => {
    const cells = [await kernel.submit('await 0; throw new Error("first")', { stopOnError: false }), await kernel.submit('"went on"')];
    const [, second] = await Promise.all(cells.map(({ outcome }) => outcome));
    expect(second?.result).toBe("'went on'");
  });
});

describe('interrupts', () => {
  it.each([
    ['an endless loop', 'console.log("go"); while (true) {}'],
    ['an endless loop after an await', 'console.log("go"); await 0; while (true) {}'],
    ['an endless loop after a timer', 'console.log("go"); await new Promise((r) => setTimeout(r, 5)); for (;;) {}'],
    ['an endless loop in a timer', 'console.log("go"); setTimeout(() => { while (true) {} }, 1); await new Promise(() => undefined)'],
    ['an endless loop of awaits', 'console.log("go"); for (;;) await new Promise((r) => setImmediate(r))'],
    ['an endless await', 'console.log("go"); await new Promise(() => undefined)'],
    ['an endless print', 'console.log("go"); while (true) console.log("x".repeat(1000))'],
    ['a wait for the signal of the cell', 'console.log("go"); await new Promise((_, reject) => cellSignal().addEventListener("abort", () => reject(cellSignal().reason)))']
  ])('end %s and keep the state', async (_what, code) => {
    await kernel.execute('let state = 41');
    const cell = await kernel.submit(code);
    await kernel.waitFor(({ parentId, type }) => parentId === cell.id && type === 'stream');
    await kernel.interrupt();
    expect((await cell.outcome).reply).toMatchObject({ status: 'error', ename: 'KeyboardInterrupt' });
    expect((await kernel.execute('state + 1')).result).toBe('42');
  });

  it('of an idle kernel do nothing to the next cell', async () => {
    await kernel.interrupt();
    expect((await kernel.execute('"unharmed"')).result).toBe("'unharmed'");
  });

  it('leave AsyncLocalStorage of a cell working', async () => {
    await kernel.execute('import { AsyncLocalStorage } from "node:async_hooks"\nconst als = new AsyncLocalStorage<number>()');
    const cell = await kernel.submit('als.run(1, () => setTimeout(() => { console.log("go"); for (;;) {} }, 1)); await new Promise(() => undefined)');
    await kernel.waitFor(({ parentId, type }) => parentId === cell.id && type === 'stream');
    await kernel.interrupt();
    expect((await cell.outcome).reply).toMatchObject({ ename: 'KeyboardInterrupt' });
    expect((await kernel.execute('als.run(5, () => als.getStore())')).result).toBe('5');
  });
});

describe('input', () => {
  afterEach(() => {
    kernel.onInput = () => '';
  });

  it('asks the front end, also for passwords', async () => {
    kernel.onInput = (prompt, password) => `${prompt}|${password}`;
    expect((await kernel.execute('[await input("name? "), await input("word? ", { password: true })]')).result).toBe("[ 'name? |false', 'word? |true' ]");
  });

  it('says so when there is nobody to ask', async () => {
    const { reply } = await kernel.execute('await input("name? ")', { allowStdin: false });
    expect(reply).toMatchObject({ status: 'error', ename: 'InputUnavailableError' });
  });
});

describe('the language', () => {
  it('is completed at positions counted in code points', async () => {
    await kernel.execute('const measured = { wide: 1 }');
    const code = 'const face = "😀"; measu';
    const { content } = await kernel.request('complete_request', { code, cursor_pos: [...code].length });
    expect(content).toMatchObject({ status: 'ok', matches: ['measured'], cursor_start: [...code].length - 5, cursor_end: [...code].length });
  });

  it('is completed while a cell is busy', async () => {
    const cell = await kernel.submit('console.log("go"); const until = Date.now() + 1000; while (Date.now() < until) {}');
    await kernel.waitFor(({ parentId, type }) => parentId === cell.id && type === 'stream');
    const { content } = await kernel.request('complete_request', { code: 'measured.wi', cursor_pos: 11 });
    expect(content['matches']).toEqual(['wide']);
    expect(kernel.iopubMessages.some(({ parentId, content: c }) => parentId === cell.id && c['execution_state'] === 'idle')).toBe(false);
    await cell.outcome;
  });

  it('is explained at the cursor', async () => {
    const { content } = await kernel.request('inspect_request', { code: 'measured', cursor_pos: 8, detail_level: 0 });
    expect(content).toMatchObject({ status: 'ok', found: true, data: { 'text/plain': expect.stringContaining('measured: {') } });
  });

  it('is known to be complete, incomplete or invalid', async () => {
    const status = async (code: string): Promise<unknown> => (await kernel.request('is_complete_request', { code })).content['status'];
    expect([await status('1'), await status('function f() {'), await status('}')]).toEqual(['complete', 'incomplete', 'invalid']);
  });
});

describe('history', () => {
  it('has tail, range and search, with outputs on request', async () => {
    const { reply } = await kernel.execute('"for the history"');
    await kernel.execute('"for the history"');
    const line = Number(reply['execution_count']);
    const history = async (content: Record<string, unknown>): Promise<unknown> => (await kernel.request('history_request', { raw: true, output: false, ...content })).content['history'];
    expect(await history({ hist_access_type: 'tail', n: 1 })).toEqual([[1, line + 1, '"for the history"']]);
    expect(await history({ hist_access_type: 'range', session: 0, start: line, stop: line + 1, output: true })).toEqual([[1, line, ['"for the history"', "'for the history'"]]]);
    expect(await history({ hist_access_type: 'search', pattern: '*history"', unique: true })).toEqual([[1, line + 1, '"for the history"']]);
  });

  it('leaves out what was not to be stored', async () => {
    await kernel.execute('"not stored"', { storeHistory: false });
    const { content } = await kernel.request('history_request', { hist_access_type: 'tail', n: 1, raw: true, output: false });
    expect(text(content)).not.toContain('not stored');
  });
});

describe('comms and heartbeat', () => {
  it('has no comms, and closes one that is opened', async () => {
    expect((await kernel.request('comm_info_request', {})).content).toEqual({ status: 'ok', comms: {} });
    void kernel.request('comm_open', { comm_id: 'c1', target_name: 'nobody', data: {} });
    expect((await kernel.waitFor(({ type }) => type === 'comm_close')).content['comm_id']).toBe('c1');
  });

  it('beats while a cell is busy', async () => {
    const cell = await kernel.submit('const end = Date.now() + 500; while (Date.now() < end) {}');
    expect(await kernel.heartbeat()).toBe('ping');
    await cell.outcome;
  });
});

describe('magics', () => {
  it('run between statements and keep the lines of errors', async () => {
    const { stdout, result } = await kernel.execute('const m = 5\n%lsmagic\nm + 1');
    expect(stdout).toContain('%%sh');
    expect(result).toBe('6');
    expect((await kernel.execute('%lsmagic\nnothing')).reply['evalue']).toMatch(/:2:1 TS2304/);
  });

  it('of unknown names say what was meant', async () => {
    expect((await kernel.execute('%lsmagick')).reply).toMatchObject({ ename: 'UsageError', evalue: expect.stringContaining('Did you mean %lsmagic?') });
  });

  it('explain themselves', async () => {
    expect((await kernel.execute('%%sh --help')).stdout).toContain('--into VAR');
    const { content } = await kernel.request('inspect_request', { code: '%%sh', cursor_pos: 3 });
    expect(text(content)).toContain('runs shell commands');
    expect((await kernel.request('complete_request', { code: '%%sh --in', cursor_pos: 9 })).content['matches']).toEqual(['--into']);
  });

  it('run shell commands with variables of the notebook', async () => {
    await kernel.execute('const odd = "a b\'c; $HOME `id`"; const list = ["x", "y z"]');
    const { stdout } = await kernel.execute('%%sh\nprintf "[%s]" ${odd} "<${odd}>" ${list} "$${HOME:+home}"\necho; echo err >&2');
    expect(stdout).toBe("[a b'c; $HOME `id`][<a b'c; $HOME `id`>][x][y z][home]\n");
  });

  it('fail the cell when the shell fails', async () => {
    const { reply } = await kernel.execute('%%sh\nexit 3');
    expect(reply).toMatchObject({ status: 'error', ename: 'MagicError', evalue: 'The commands ended with exit code 3.' });
  });

  it('keep the output of a shell in a variable', async () => {
    const { stdout } = await kernel.execute('%%sh --into listing\necho one; echo two');
    expect(stdout).toBe('');
    expect((await kernel.execute('listing.split("\\n")')).result).toBe("[ 'one', 'two' ]");
  });

  it('stream, and end a stubborn shell and its children when interrupted', async () => {
    const cell = await kernel.submit('%%sh\ntrap "" INT\necho go $$\nsleep 600 & wait; sleep 600');
    const started = await kernel.waitFor(({ parentId, type }) => parentId === cell.id && type === 'stream');
    const pid = Number(/go (\d+)/.exec(String(started.content['text']))?.[1]);
    await kernel.interrupt();
    expect((await cell.outcome).reply).toMatchObject({ ename: 'KeyboardInterrupt' });
    await expect.poll(() => isAlive(pid), { timeout: 8000 }).toBe(false);
  });

  it('of cells name the line of an unknown variable', async () => {
    expect((await kernel.execute('%%sh\necho 1\necho ${nowhere}')).reply['evalue']).toMatch(/Line 3, column 6: there is no variable nowhere/);
  });
});

function isAlive(pid: number): boolean {
  return spawnSync('kill', ['-0', String(pid)]).status === 0;
}

describe('the end of a kernel', () => {
  it('comes with exit code 0, also with timers alive', async () => {
    const other = await ProtocolClient.start();
    await other.execute('setInterval(() => undefined, 1000); using r = { [Symbol.dispose]() { console.log("disposed") } }');
    const code = await other.shutdown();
    expect(code).toBe(0);
    expect(other.stderr).toBe('');
    expect(text(other.iopubMessages)).toContain('disposed');
  });

  it('comes with exit code 0 out of an endless loop', async () => {
    const other = await ProtocolClient.start();
    const cell = await other.submit('console.log("go"); while (true) {}');
    await other.waitFor(({ parentId, type }) => parentId === cell.id && type === 'stream');
    expect(await other.shutdown()).toBe(0);
    expect(other.stderr).toBe('');
  });

  it('comes when the process that started it has gone', async () => {
    const other = await ProtocolClient.start({ argv: (file) => ['bash', '-c', `${ownKernel(file).join(' ')} & wait`] });
    const pid = Number((await other.execute('process.pid')).result);
    expect(isAlive(pid)).toBe(true);
    other.process.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 8000 }).toBe(false);
    other.dispose();
  });

  it('comes with the code of process.exit', async () => {
    const other = await ProtocolClient.start();
    const ended = new Promise((resolve) => other.process.once('exit', resolve));
    void other.execute('console.log("bye"); process.exit(3); console.log("never")');
    expect(await ended).toBe(3);
    expect(text(other.iopubMessages)).toContain('bye');
    expect(text(other.iopubMessages)).not.toContain('never\\n');
    other.dispose();
  });
});
