// Compares the strings of the sources with the catalogues of `locale/`.
//   node extension/translations.mjs --check   fails when a translation is missing or no longer used
//   node extension/translations.mjs           prints what is missing, as JSON to be filled in
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const catalogue = join(here, 'jupyterlab_vcp', 'locale', 'ja_JP', 'LC_MESSAGES', 'jupyterlab_vcp.json');
const METHODS = new Map([['__', 1], ['gettext', 1], ['_n', 2], ['ngettext', 2]]);

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.test.ts'))
    .map(entry => join(entry.parentPath, entry.name));
}

/** Every string that is handed to a translation bundle, and every such call that cannot be read. */
function extract() {
  const strings = new Map();
  const unreadable = [];
  for (const file of sources(join(here, 'src'))) {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true, file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
    const visit = node => {
      if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && METHODS.has(node.expression.name.text) && /(^|\.)trans$/.test(node.expression.expression.getText())) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        const words = node.arguments.slice(0, METHODS.get(node.expression.name.text));
        if (words.every(word => ts.isStringLiteralLike(word))) strings.set(words[0].text, words.map(word => word.text));
        else unreadable.push(`${relative(here, file)}:${line + 1}: a translated string has to be a literal`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { strings, unreadable };
}

function check() {
  const { strings, unreadable } = extract();
  const translated = JSON.parse(readFileSync(catalogue, 'utf8'));
  const problems = [...unreadable];
  const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  for (const key of strings.keys()) {
    const words = translated[key];
    if (!Array.isArray(words) || words.length === 0 || words.some(word => word === '')) problems.push(`missing: ${JSON.stringify(key)}`);
    // JupyterLab tells singular-only strings and plural ones apart by the number of translations.
    else if (words.length !== strings.get(key).length) problems.push(`${strings.get(key).length === 1 ? 'one translation is' : 'two translations are'} wanted: ${JSON.stringify(key)}`);
    else if (placeholders(strings.get(key).at(-1)) !== placeholders(words.at(-1))) problems.push(`other placeholders than the original: ${JSON.stringify(key)}`);
  }
  for (const key of Object.keys(translated)) if (key !== '' && !strings.has(key)) problems.push(`no longer used: ${JSON.stringify(key)}`);
  // With ja_JP here, JupyterLab would load the catalogue and never look into it.
  if (translated['']?.domain !== 'jupyterlab_vcp' || translated['']?.language !== 'ja-JP') problems.push('the head of the catalogue has to name the domain jupyterlab_vcp and the language ja-JP');
  for (const [file, found] of [['src/version.ts', /VERSION = '(.+)'/], ['jupyterlab_vcp/__init__.py', /__version__ = "(.+)"/]]) {
    const named = found.exec(readFileSync(join(here, file), 'utf8'))?.[1];
    if (named !== version) problems.push(`${file} says ${named}, package.json says ${version}`);
  }
  return { problems, count: strings.size, missing: [...strings.keys()].filter(key => translated[key] === undefined) };
}

function placeholders(text) {
  return [...new Set(text.match(/%\d/g) ?? [])].sort().join(' ');
}

const { problems, count, missing } = check();
if (process.argv.includes('--check')) {
  for (const problem of problems) console.error(problem);
  console.log(problems.length === 0 ? `${count} strings, all translated` : `${problems.length} problems`);
  process.exit(problems.length === 0 ? 0 : 1);
}
console.log(JSON.stringify(Object.fromEntries(missing.map(key => [key, ['']])), null, 2));
