// Bundles the declarations that every cell is checked against, so that a kernel finds them from any working folder and
// reads few, short files: a cell costs a third of what it costs with the 240 files of the packages themselves.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, posix, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const ts = require('typescript');
const here = dirname(fileURLToPath(import.meta.url));

/** Modules of Node that few notebooks use, a quarter of all its declarations: read when a cell names one of them. */
const RARE_NODE_FILES = ['inspector', 'inspector.generated', 'http2', 'test', 'test/reporters', 'cluster', 'repl', 'sqlite', 'wasi', 'trace_events', 'sea', 'dgram', 'domain', 'punycode'];

/**
 * Writes the declarations below `outDir`: `lib.d.ts`, `@types/node`, `node-extras.d.ts` and the kernel's own globals;
 * with `sdkTypesDir` also those of the SDK, as `sdk.d.ts`.
 */
export function bundleTypeLibraries(outDir, sdkTypesDir) {
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  bundleStandardLibrary(outDir);
  bundleNodeTypes(outDir);
  cpSync(join(here, '..', 'src', 'session', 'globals'), outDir, { recursive: true });
  if (sdkTypesDir !== undefined) bundleSdkTypes(outDir, sdkTypesDir);
}

function bundleStandardLibrary(outDir) {
  const libDir = dirname(require.resolve('typescript'));
  const seen = new Set();
  const modules = [];
  let scripts = '';
  const add = (name) => {
    const file = join(libDir, `lib.${name}.d.ts`);
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, reference] of text.matchAll(/\/\/\/ <reference lib="([^"]+)"/g)) add(reference);
    // A file with `export {}` would turn everything bundled with it into one module, and `Array` would be gone.
    if (isModule(file, text)) modules.push([basename(file), shortened(text)]);
    else scripts += `${shortened(text)}\n`;
  };
  add('esnext');
  for (const [name, text] of modules) writeFileSync(join(outDir, name), text);
  const references = modules.map(([name]) => `/// <reference path="${name}" />\n`).join('');
  writeFileSync(join(outDir, 'lib.d.ts'), `/// <reference no-default-lib="true"/>\n${references}${scripts}`);
  cpSync(join(libDir, '..', 'LICENSE.txt'), join(outDir, 'LICENSE.typescript.txt'));
}

function bundleNodeTypes(outDir) {
  const nodeDir = dirname(require.resolve('@types/node/package.json'));
  const rare = new Set(RARE_NODE_FILES.map((name) => join(nodeDir, `${name}.d.ts`)));
  const seen = new Set();
  let common = '';
  let extras = '';
  const add = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path] of text.matchAll(/\/\/\/ <reference path="([^"]+)"/g)) add(resolve(dirname(file), path));
    const name = `@types/node/${relative(nodeDir, file).replaceAll('\\', '/').replace(/\.d\.ts$/, '')}`;
    const part = `${isModule(file, text) ? asAmbientModule(name, text) : shortened(text)}\n`;
    if (rare.has(file)) extras += part;
    else common += part;
  };
  add(join(nodeDir, 'index.d.ts'));
  const target = join(outDir, '@types', 'node');
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'index.d.ts'), common + undiciTypes(target, nodeDir));
  writeFileSync(join(outDir, 'node-extras.d.ts'), extras);
  const { version } = JSON.parse(readFileSync(join(nodeDir, 'package.json'), 'utf8'));
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name: '@types/node', version, types: 'index.d.ts', license: 'MIT' }));
  cpSync(join(nodeDir, 'LICENSE'), join(target, 'LICENSE'));
}

/** What `fetch` is made of. */
function undiciTypes(target, nodeDir) {
  const undiciDir = dirname(require.resolve('undici-types/package.json', { paths: [nodeDir] }));
  cpSync(join(undiciDir, 'LICENSE'), join(target, 'LICENSE.undici-types'));
  const names = readdirSync(undiciDir).filter((name) => name.endsWith('.d.ts'));
  return names.map((name) => asAmbientModule(moduleName('undici-types', name), readFileSync(join(undiciDir, name), 'utf8'))).join('\n');
}

function bundleSdkTypes(outDir, sdkTypesDir) {
  if (!existsSync(join(sdkTypesDir, 'index.d.ts'))) throw new Error('The declarations of the SDK are missing. Build it first: node sdk/build.mjs');
  const files = readdirSync(sdkTypesDir, { recursive: true }).map((name) => name.replaceAll('\\', '/')).filter((name) => name.endsWith('.d.ts') && !name.startsWith('cli/'));
  // Here the comments stay: they are the manual that hover shows.
  writeFileSync(join(outDir, 'sdk.d.ts'), files.map((name) => asAmbientModule(moduleName('@jupyterlab-vcp/sdk', name), readFileSync(join(sdkTypesDir, name), 'utf8'), { comments: true })).join('\n'));
}

/** `client/index.d.ts` of a package is its module `client`; its own `index.d.ts` is the package. */
function moduleName(packageName, file) {
  return posix.join(packageName, file.replace(/\.d\.ts$/, '').replace(/(?:^|\/)index$/, '')).replace(/\/$/, '');
}

/**
 * A module as part of a script: `declare module "name" { … }`, with relative imports made absolute. `declare` inside it
 * is redundant, and not complained about in a library.
 */
function asAmbientModule(name, text, { comments = false } = {}) {
  const source = comments ? withoutReferences(text) : shortened(text);
  const isIndex = name === '@jupyterlab-vcp/sdk' || name === '@jupyterlab-vcp/sdk/wire' || name === '@jupyterlab-vcp/sdk/client' || name === 'undici-types';
  const folder = isIndex ? name : posix.dirname(name);
  const absolute = source.replace(/(\bfrom\s*|\bimport\s*\(\s*|\bimport\s*)(["'])(\.{1,2}\/[^"']*)\2/g, (_whole, before, quote, path) => {
    const file = posix.join(folder, path).replace(/\.(?:js|d\.ts|ts)$/, '').replace(/\/index$/, '');
    return `${before}${quote}${file}${quote}`;
  });
  return `declare module "${name}" {\n${absolute}\n}`;
}

function isModule(file, text) {
  return ts.isExternalModule(ts.createSourceFile(file, text, ts.ScriptTarget.ESNext));
}

function shortened(text) {
  return withoutComments(withoutReferences(text));
}

function withoutReferences(text) {
  return text.replace(/^\/\/\/ <reference[^\n]*\n/gm, '');
}

/** Comments are most of the bytes and a third of the time to the first cell. */
function withoutComments(text) {
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, false, ts.LanguageVariant.Standard, text);
  let result = '';
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    if (token === ts.SyntaxKind.SingleLineCommentTrivia || token === ts.SyntaxKind.MultiLineCommentTrivia) continue;
    if (token === ts.SyntaxKind.NewLineTrivia) {
      if (!result.endsWith('\n')) result += '\n';
    } else if (token === ts.SyntaxKind.WhitespaceTrivia) {
      if (!/\s$/.test(result)) result += ' ';
    } else result += scanner.getTokenText();
  }
  return result;
}
