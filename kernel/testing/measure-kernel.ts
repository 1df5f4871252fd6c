// Measures a kernel from the front end's side: node measure-kernel.mjs [ipykernel's python]. Prints one JSON line a kernel.
import { ProtocolClient, type KernelOptions } from './protocol-client.js';

export interface KernelMeasures {
  /** Start of the process until it answers, milliseconds; medians. */
  readonly readyMs: number;
  readonly firstCellMs: number;
  /** A small cell, from request to reply and idle. */
  readonly warmMs: Readonly<Record<string, number>>;
  readonly after500Ms: Readonly<Record<string, number>>;
}

const SMALL = {
  typescript: { expression: (n: number) => `i + ${n}`, declaration: (n: number) => `const v = ${n}`, function: (n: number) => `function mk(a: number): string { return "x".repeat(a % 7) }\nmk(${n})` },
  python: { expression: (n: number) => `i + ${n}`, declaration: (n: number) => `v = ${n}`, function: (n: number) => `def mk(a):\n    return "x" * (a % 7)\nmk(${n})` }
} as const;

/** Starts the kernel several times; medians of all starts, and of 40 cells each in the last one. */
export async function measureKernel(language: keyof typeof SMALL, options: KernelOptions = {}, starts = 5): Promise<KernelMeasures> {
  const ready: number[] = [];
  const first: number[] = [];
  let kernel: ProtocolClient | undefined;
  for (let start = 0; start < starts; start++) {
    if (kernel) await kernel.shutdown();
    const began = performance.now();
    kernel = await ProtocolClient.start(options);
    ready.push(performance.now() - began);
    const cellBegan = performance.now();
    await kernel.execute(language === 'python' ? 'i = 1\ni + 1' : 'let i = 1\ni + 1');
    first.push(performance.now() - cellBegan);
  }
  if (!kernel) throw new Error('at least one start is needed');
  const warmMs = await cells(kernel, language);
  for (let n = 0; n < 500; n++) await kernel.execute(language === 'python' ? `a${n} = {"x": ${n}}` : `const a${n} = { x: ${n} }`);
  const after500Ms = await cells(kernel, language);
  await kernel.shutdown();
  return { readyMs: median(ready), firstCellMs: median(first), warmMs, after500Ms };
}

async function cells(kernel: ProtocolClient, language: keyof typeof SMALL): Promise<Readonly<Record<string, number>>> {
  const medians: Record<string, number> = {};
  for (const [kind, make] of Object.entries(SMALL[language])) {
    const times: number[] = [];
    for (let n = 0; n < 40; n++) {
      const began = performance.now();
      await kernel.execute(make(n));
      times.push(performance.now() - began);
    }
    medians[kind] = median(times);
  }
  return medians;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
}

if (process.argv[1] && import.meta.url.endsWith(process.argv[1].replace(/^.*[/\\]/, ''))) {
  const python = process.argv[2];
  console.log(JSON.stringify({ kernel: 'vcp', ...(await measureKernel('typescript')) }));
  if (python) console.log(JSON.stringify({ kernel: 'ipykernel', ...(await measureKernel('python', { argv: (file) => [python, '-m', 'ipykernel_launcher', '-f', file] })) }));
  process.exit(0);
}
