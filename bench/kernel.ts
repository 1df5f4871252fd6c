import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { row, type Row } from './row.js';

const root = new URL('../..', import.meta.url).pathname;
interface Figures { readonly ready: number; readonly first: number; readonly warm: number; readonly late: number | null }

/** Our kernel against ipykernel and stock tslab, all driven by jupyter_client. */
export async function kernelBench(samples: number): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vcp-bench-'));
  try {
    await mkdir(join(folder, 'share', 'kernels', 'tslab-stock'), { recursive: true });
    await writeFile(join(folder, 'share', 'kernels', 'tslab-stock', 'kernel.json'), JSON.stringify({ argv: [process.execPath, join(root, 'node_modules/tslab/bin/tslab'), 'kernel', '--config-path', '{connection_file}'], display_name: 'tslab', language: 'typescript' }));
    // tslab finds the types of Node only from a folder that has node_modules.
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const { stdout } = await promisify(execFile)(process.env['VCP_BENCH_PYTHON'] ?? 'python3', [join(root, 'bench/kernel_rounds.py'), String(samples)], { cwd: folder, maxBuffer: 1e8, env: { ...process.env, JUPYTER_PATH: `${process.env['JUPYTER_PATH'] ?? ''}:${join(folder, 'share')}` } });
    const { vcp, python, tslab } = JSON.parse(stdout) as Readonly<Record<'vcp' | 'python' | 'tslab', Figures>>;
    return [
      row('kernel: start to ready and first cell', 'ms', vcp.first, python.first, 'ipykernel', { kind: 'ratio', most: 1.3 }),
      row('kernel: start to ready and first cell', 'ms', vcp.first, tslab.first, 'stock tslab', { kind: 'report' }),
      row('small type-checked cell, warm', 'ms', vcp.warm, python.warm, 'ipykernel', { kind: 'ratio', most: 1.5 }),
      row('small type-checked cell, warm', 'ms', vcp.warm, tslab.warm, 'stock tslab', { kind: 'report' }),
      row('small type-checked cell, after 500 cells', 'ms', vcp.late ?? Number.NaN, python.late, 'ipykernel', { kind: 'ratio', most: 1.5 })
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
