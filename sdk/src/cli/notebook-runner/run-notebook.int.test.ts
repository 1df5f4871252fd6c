import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const vcp = new URL('../../../dist/vcp.mjs', import.meta.url).pathname;
let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'vcp-notebook-')); });
afterEach(() => rmSync(folder, { recursive: true }));

interface Executed { readonly cells: readonly { readonly id: string; readonly execution_count?: number | null; readonly outputs?: readonly Readonly<Record<string, unknown>>[] }[]; readonly nbformat_minor: number }

function notebook(...sources: readonly string[]): string {
  const cells = sources.map((source, index) => ({ cell_type: 'code', id: `c${index + 1}`, metadata: index === 0 ? { tags: ['parameters'] } : {}, source, outputs: [], execution_count: null }));
  const path = join(folder, 'test.ipynb');
  writeFileSync(path, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec: { name: 'vcp', display_name: 'x', language: 'typescript' } }, cells }));
  return path;
}

async function run(args: readonly string[], during?: (said: () => string, interrupt: () => void) => Promise<void>): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [vcp, 'run', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => { said.out += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said.err += text; });
  const ended = once(child, 'close') as Promise<[number]>;
  await during?.(() => said.out + said.err, () => child.kill('SIGINT'));
  return { code: (await ended)[0], ...said };
}

const written = (): Executed => JSON.parse(readFileSync(join(folder, 'out', 'test.ipynb'), 'utf8')) as Executed;
const leftOver = (): readonly string[] => readdirSync(tmpdir()).filter(name => name.startsWith('vcp-run-'));

describe('vcp run', () => {
  it('runs all cells with the parameters, loses no line and writes the notebook', async () => {
    const before = leftOver();
    const path = notebook('const n = 1', 'for (let i = 0; i < 5000; i++) console.log(`line ${i}`)', 'n * 2');
    const { code, out } = await run([path, '-p', 'n=21', '--out', join(folder, 'out')]);
    expect(code).toBe(0);
    expect(out.split('\n').filter(line => line.startsWith('line '))).toEqual(Array.from({ length: 5000 }, (_, index) => `line ${index}`));
    const { cells } = written();
    expect(cells.map(cell => [cell.id, cell.execution_count])).toEqual([['c1', 1], ['injected-parameters', 2], ['c2', 3], ['c3', 4]]);
    expect(cells[3]!.outputs).toEqual([expect.objectContaining({ output_type: 'execute_result', data: expect.objectContaining({ 'text/plain': expect.stringContaining('42') }) })]);
    expect(leftOver()).toEqual(before);
  });

  it('ends at the first error with exit code 1 and keeps what there is', async () => {
    const { code, err } = await run([notebook('1', 'throw new Error("boo")', 'console.log("never")'), '--out', join(folder, 'out')]);
    expect([code, err]).toEqual([1, expect.stringContaining('boo')]);
    const { cells } = written();
    expect(cells[1]!.outputs).toEqual([expect.objectContaining({ output_type: 'error', ename: 'Error', evalue: 'boo' })]);
    expect([cells[2]!.execution_count, cells[2]!.outputs]).toEqual([null, []]);
  });

  it('refuses to wait for input that nobody can give', async () => {
    const { code } = await run([notebook('await input("name?")')]);
    expect(code).toBe(1);
  });

  it('is interrupted by Ctrl-C, in the middle of a cell', async () => {
    const { code, out } = await run([notebook('console.log("begun"); await new Promise(() => undefined)', 'console.log("never")')], async (said, interrupt) => {
      await expect.poll(said, { timeout: 30_000 }).toContain('begun');
      interrupt();
    });
    expect([code, out]).toEqual([1, expect.stringContaining('stopped')]);
    expect(out).not.toContain('never');
  });
});
