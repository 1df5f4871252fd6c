// Bundles the declarations that every cell is checked against, so that a kernel finds them from any working folder and
// parses few, short files: a cell costs a third of what it costs with the 190 files of the packages themselves.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const ts = require('typescript');
const here = dirname(fileURLToPath(import.meta.url));

/** Writes `lib.d.ts`, `@types/node` and the kernel's own globals below `outDir`. */
export function bundleTypeLibraries(outDir) {
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  bundleStandardLibrary(outDir);
  bundleNodeTypes(join(outDir, '@types', 'node'));
  cpSync(join(here, '..', 'src', 'session', 'globals'), outDir, { recursive: true });
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
    if (isModule(file, text)) modules.push([basename(file), withoutComments(withoutReferences(text))]);
    else scripts += withoutComments(withoutReferences(text)) + '\n';
  };
  add('esnext');
  for (const [name, text] of modules) writeFileSync(join(outDir, name), text);
  const references = modules.map(([name]) => `/// <reference path="${name}" />\n`).join('');
  writeFileSync(join(outDir, 'lib.d.ts'), `/// <reference no-default-lib="true"/>\n${references}${scripts}`);
  cpSync(join(libDir, '..', 'LICENSE.txt'), join(outDir, 'LICENSE.typescript.txt'));
}

function bundleNodeTypes(outDir) {
  mkdirSync(outDir, { recursive: true });
  const nodeDir = dirname(require.resolve('@types/node/package.json'));
  const seen = new Set();
  const modules = [];
  let scripts = '';
  const add = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path] of text.matchAll(/\/\/\/ <reference path="([^"]+)"/g)) add(resolve(dirname(file), path));
    const short = withoutComments(withoutReferences(text));
    if (isModule(file, text)) modules.push([basename(file), short.replace(/from "\.\.?\/(?:[^"/]*\/)*/g, 'from "./')]);
    else scripts += short + '\n';
  };
  add(join(nodeDir, 'index.d.ts'));
  for (const [name, text] of modules) writeFileSync(join(outDir, name), text);
  writeFileSync(join(outDir, 'index.d.ts'), modules.map(([name]) => `/// <reference path="${name}" />\n`).join('') + scripts);
  const { version } = JSON.parse(readFileSync(join(nodeDir, 'package.json'), 'utf8'));
  writeFileSync(join(outDir, 'package.json'), JSON.stringify({ name: '@types/node', version, types: 'index.d.ts', license: 'MIT' }));
  cpSync(join(nodeDir, 'LICENSE'), join(outDir, 'LICENSE'));
  copyUndici(join(outDir, 'node_modules', 'undici-types'), nodeDir);
}

function copyUndici(outDir, nodeDir) {
  const undiciDir = dirname(require.resolve('undici-types/package.json', { paths: [nodeDir] }));
  mkdirSync(outDir, { recursive: true });
  for (const name of readdirSync(undiciDir)) {
    const file = join(undiciDir, name);
    if (name.endsWith('.d.ts')) writeFileSync(join(outDir, name), withoutComments(readFileSync(file, 'utf8')));
    else if (name === 'package.json' || name.startsWith('LICENSE')) cpSync(file, join(outDir, name));
  }
}

function isModule(file, text) {
  return ts.isExternalModule(ts.createSourceFile(file, text, ts.ScriptTarget.ESNext));
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outDir = process.argv[2] ?? join(here, '..', 'dist', 'types');
  bundleTypeLibraries(outDir);
  if (!existsSync(join(outDir, 'lib.d.ts'))) process.exitCode = 1;
}
