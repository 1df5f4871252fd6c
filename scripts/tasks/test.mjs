import { mkdirSync, readFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stopOwnEngine } from '../setup/engine.mjs';
import { shown } from '../setup/exec.mjs';
import { clock, guarded, Remedy, say } from '../setup/say.mjs';
import { engineFolder, prepare, root } from '../setup/workspace.mjs';
import { fromJunit, fromPlaywright, fromVitest } from '../setup/counts.mjs';

const HELP = `npm test [-- options] [STAGE…]    set everything up and run the tests

  --yes      install what is missing without asking (CI=true does the same)
Stages: `;

const out = join(root, '.work', 'test');
const bin = name => join(root, 'node_modules', name);

/** Each stage prints its own output and yields what it counted. Nothing is skipped because something is missing. */
const stages = {
  lint: async ({ environment }) => checks([
    ['ESLint', [bin('eslint/bin/eslint.js'), '.', '--max-warnings=1000', '--quiet']],
    ['dependency-cruiser', [bin('dependency-cruiser/bin/dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'sdk/src', 'controller/src', 'kernel/src']],
    ['types', [bin('typescript/bin/tsc'), '-p', 'tsconfig.json']],
    ['types of the extension', [bin('typescript/bin/tsc'), '-p', 'extension/tsconfig.json', '--noEmit']],
    ['translations', ['extension/translations.mjs', '--check']]
  ], environment),
  unit: ({ environment }) => vitest('unit', 'vitest.config.ts', environment),
  integration: ({ environment }) => vitest('integration', 'vitest.int.config.ts', environment),
  'kernel-protocol': ({ environment, bin: python }) => pytest('kernel-protocol', python, ['kernel/testing'], environment),
  'server-extension': ({ environment, bin: python }) => pytest('server-extension', python, ['extension/tests'], environment),
  wheel: ({ environment, bin: python }) => pytest('wheel', python, ['scripts/wheel-test'], environment),
  browser: ({ environment }) => playwright(environment)
};

export function run(args) {
  return guarded(async () => {
    if (args.includes('--help')) { console.log(HELP + Object.keys(stages).join(', ')); return 0; }
    const chosen = args.filter(arg => !arg.startsWith('-'));
    const unknown = chosen.find(name => !(name in stages));
    if (unknown !== undefined) throw new Remedy(`“${unknown}” is not a stage; stages are: ${Object.keys(stages).join(', ')}.`);
    const setUp = await prepare({ forTests: true, yes: args.includes('--yes') });
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    // Tests never touch the person's own data folder.
    const environment = { ...setUp.environment, VCP_HOME: join(out, 'home'), NO_COLOR: '1' };
    try {
      return await runStages(chosen.length === 0 ? Object.keys(stages) : chosen, { ...setUp, environment });
    } finally {
      if (setUp.docker?.ours && process.env.CI === 'true') await stopOwnEngine(engineFolder());
    }
  });
}

async function runStages(names, setUp) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const lines = [];
  for (const name of names) {
    say(`── ${name}`);
    const started = Date.now();
    const counted = await stages[name](setUp);
    for (const key of Object.keys(total)) total[key] += counted[key];
    lines.push(`${counted.failed === 0 ? '✔' : '✖'} ${name.padEnd(18)} ${counted.passed} passed, ${counted.failed} failed, ${counted.skipped} skipped   ${((Date.now() - started) / 1000).toFixed(0)} s`);
  }
  console.log(`\n${lines.join('\n')}\n[${clock()}]`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

async function checks(list, env) {
  const counted = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, args] of list) {
    const code = await shown(process.execPath, args, { cwd: root, env });
    console.log(`${code === 0 ? '✔' : '✖'} ${name}`);
    counted[code === 0 ? 'passed' : 'failed'] += 1;
  }
  return counted;
}

async function vitest(name, config, env) {
  const file = join(out, `${name}.json`);
  const code = await shown(process.execPath, [bin('vitest/vitest.mjs'), 'run', '--config', config, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], { cwd: root, env });
  return counts(name, file, code, fromVitest);
}

async function pytest(name, python, paths, env) {
  const file = join(out, `${name}.xml`);
  const code = await shown(join(python, 'python'), ['-m', 'pytest', '-q', '--no-header', '-p', 'no:cacheprovider', `--junitxml=${file}`, ...paths], { cwd: root, env });
  return counts(name, file, code, fromJunit);
}

async function playwright(env) {
  const file = join(out, 'browser.json');
  const code = await shown(process.execPath, [bin('@playwright/test/cli.js'), 'test'], { cwd: join(root, 'ui-tests'), env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: file } });
  return counts('browser', file, code, fromPlaywright);
}

/** A runner that fails without counting a failure (it could not start) counts as one. */
function counts(name, file, code, read) {
  const counted = existsSync(file) ? read(readFileSync(file, 'utf8')) : { passed: 0, failed: 0, skipped: 0 };
  if (counted.failed === 0 && (code !== 0 || counted.passed === 0)) {
    console.log(`✖ ${name}: ended with code ${code} and ${counted.passed} tests passed`);
    counted.failed += 1;
  }
  return counted;
}
