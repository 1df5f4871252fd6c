import { writeFile } from 'node:fs/promises';
import { controllerBench } from './controller.js';
import { execBench } from './exec.js';
import { imagesBench } from './images.js';
import { kernelBench } from './kernel.js';
import { nodesBench } from './nodes.js';
import { panelBench } from './panel.js';
import { restBench } from './rest.js';
import type { Row } from './row.js';

const BENCHES: Readonly<Record<string, (samples: number) => Promise<readonly Row[]>>> = {
  nodes: nodesBench, exec: execBench, images: imagesBench, rest: restBench, kernel: kernelBench, panel: panelBench, controller: controllerBench
};

/** `npm run bench -- [NAME…] [--samples N] [--json FILE]` */
async function main(args: readonly string[]): Promise<number> {
  const valueOf = (flag: string): string | undefined => { const index = args.indexOf(flag); return index < 0 ? undefined : args[index + 1]; };
  const samples = Number(valueOf('--samples') ?? 10);
  const file = valueOf('--json');
  const names = args.filter((arg, index) => !arg.startsWith('--') && !(args[index - 1] ?? '').startsWith('--'));
  const unknown = names.find(name => !(name in BENCHES));
  if (unknown !== undefined || !Number.isInteger(samples) || samples < 1) {
    console.error(unknown === undefined ? '--samples wants a whole number' : `“${unknown}” is not a benchmark; they are: ${Object.keys(BENCHES).join(', ')}`);
    return 2;
  }
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.error(`• ${name}`);
    // One that fails does not lose what the others measured.
    await bench(samples).then(measured => rows.push(...measured), (error: unknown) => failures.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`));
  }
  console.log(table(rows));
  if (file !== undefined) await writeFile(file, `${JSON.stringify(rows, null, 2)}\n`);
  for (const failure of failures) console.error(`✖ ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(row => `| ${row.name} | ${row.ours} ${row.unit} | ${row.other === null ? '–' : `${row.other} ${row.unit}`} (${row.otherName}) | ${row.ratio ?? '–'} | ${row.target} | ${row.met === null ? '–' : row.met ? 'yes' : 'no'} |`);
  return ['| what | ours | other | ratio | target | met |', '|---|---|---|---|---|---|', ...lines].join('\n');
}

process.exitCode = await main(process.argv.slice(2));
