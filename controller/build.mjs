// Builds controller/dist: the program in one file, and beside it the catalog of providers and the recipe of the base container.
import { cp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, 'dist');
/** Built apart and put in place at once: a controller that starts meanwhile finds all of its files. */
const dist = join(here, `dist.${process.pid}.new`);

/** ssh2 works without its native parts; they are left out, so that one file runs everywhere. */
const withoutNativeParts = {
  name: 'without-native-parts',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^cpu-features$|\/sshcrypto\.node$/ }, ({ path }) => ({ path, namespace: 'native-part' }));
    esbuild.onLoad({ filter: /.*/, namespace: 'native-part' }, ({ path }) => ({ contents: `throw new Error(${JSON.stringify(`the native part ${path} is left out`)});`, loader: 'js' }));
  }
};

/** Docker's BuildKit sessions need gRPC, a sixth of the program; images are built here without them. */
const withoutBuildKitSessions = {
  name: 'without-buildkit-sessions',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^\.\/session$/ }, ({ importer }) => (/[\\/]dockerode[\\/]lib[\\/]/.test(importer) ? { path: 'dockerode-session', namespace: 'buildkit-session' } : undefined));
    esbuild.onLoad({ filter: /.*/, namespace: 'buildkit-session' }, () => ({ contents: "module.exports = () => { throw new Error('BuildKit sessions are left out'); };", loader: 'js' }));
  }
};

export async function buildController() {
  try {
    await buildParts();
    await rm(target, { recursive: true, force: true });
    await rename(dist, target);
  } finally {
    await rm(dist, { recursive: true, force: true });
  }
}

async function buildParts() {
  await build({
    entryPoints: { controller: join(here, 'src/main.ts'), 'commit-worker': join(here, 'src/store/commit-worker.ts') }, outdir: dist, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', target: 'node24', format: 'esm',
    conditions: ['source'], logLevel: 'warning', legalComments: 'none', plugins: [withoutNativeParts, withoutBuildKitSessions],
    // Less text to hold in memory; names stay as they are, for stack traces.
    minifyWhitespace: true, minifySyntax: true,
    // CommonJS packages inside an ES module need these.
    banner: { js: "import { createRequire as vcpCreateRequire } from 'node:module'; import { fileURLToPath as vcpFileUrl } from 'node:url'; import { dirname as vcpDirname } from 'node:path'; const require = vcpCreateRequire(import.meta.url); const __filename = vcpFileUrl(import.meta.url); const __dirname = vcpDirname(__filename);" }
  });
  await cp(join(here, 'src/clouds/catalog'), join(dist, 'catalog'), { recursive: true });
  await cp(join(here, '../images/base'), join(dist, 'images/base'), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildController();
