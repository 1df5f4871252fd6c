// Builds the kernel into kernel/dist: three bundles, the declarations that cells are checked against, the kernelspec.
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleTypeLibraries } from './build/type-libraries.mjs';

const kernelDir = dirname(fileURLToPath(import.meta.url));
const distDir = join(kernelDir, 'dist');

/** Builds everything below `kernel/dist`. `zeromq`, `typescript` and `tslab` are found in `node_modules` at run time. */
export async function buildKernel() {
  rmSync(distDir, { recursive: true, force: true });
  mkdirSync(distDir, { recursive: true });
  await build({
    entryPoints: { kernel: join(kernelDir, 'src/main.ts'), 'io-worker': join(kernelDir, 'src/io/worker.ts'), 'session-worker': join(kernelDir, 'src/session/worker.ts') },
    outdir: distDir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    platform: 'node',
    target: 'node24',
    format: 'esm',
    conditions: ['source'],
    external: ['zeromq', 'typescript', 'tslab'],
    // Bundled CommonJS packages ask for Node's modules by `require`.
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    legalComments: 'linked',
    logLevel: 'warning'
  });
  const { name, version } = JSON.parse(readFileSync(join(kernelDir, 'package.json'), 'utf8'));
  writeFileSync(join(distDir, 'kernel-package.json'), `${JSON.stringify({ name, version })}\n`);
  bundleTypeLibraries(join(distDir, 'types'), join(kernelDir, '../sdk/dist/types'));
  cpSync(join(kernelDir, 'assets/vcp-globals.d.ts'), join(distDir, 'types/vcp-globals.d.ts'));
  cpSync(join(kernelDir, 'assets/kernelspec'), join(distDir, 'kernelspec'), { recursive: true });
  cpSync(join(kernelDir, 'assets/install-kernelspec.mjs'), join(distDir, 'install-kernelspec.mjs'));
  chmodSync(join(distDir, 'install-kernelspec.mjs'), 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernel();
