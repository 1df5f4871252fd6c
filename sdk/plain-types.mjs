// Declarations without zod: cells of a notebook are checked against them, and there zod's types would cost
// time and a dependency. `export type X = z.infer<typeof schema>` becomes the type written out; schemas are left out.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

/** @param {string} sourceDir sdk/src @param {string} typesDir where `tsc` put its declarations */
export function writePlainTypes(sourceDir, typesDir) {
  const program = ts.createProgram([join(sourceDir, 'index.ts')], {
    target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, strict: true, skipLibCheck: true, noEmit: true, types: ['node']
  });
  const checker = program.getTypeChecker();
  for (const source of program.getSourceFiles()) {
    if (source.isDeclarationFile || !source.fileName.startsWith(sourceDir) || !/from 'zod'/.test(source.text)) continue;
    const target = join(typesDir, relative(sourceDir, source.fileName).replace(/\.ts$/, '.d.ts'));
    writeFileSync(target, plain(readFileSync(target, 'utf8'), target, source, checker));
  }
}

function plain(text, fileName, source, checker) {
  const declared = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
  const kept = [];
  for (const statement of declared.statements) {
    const words = statement.getFullText();
    if (ts.isImportDeclaration(statement) && /['"]zod['"]/.test(words)) continue;
    if (ts.isTypeAliasDeclaration(statement) && /\bz\./.test(words)) {
      kept.push(`${leadingComment(words)}export type ${statement.name.text} = ${written(statement.name.text, source, checker)};`);
    } else if (!/\bz\./.test(words)) kept.push(words.trim());
  }
  const used = kept.filter(words => !words.startsWith('import')).join('\n');
  return `${kept.map(words => (words.startsWith('import') ? keepUsed(words, used) : words)).filter(words => words !== '').join('\n')}\n`;
}

function written(name, source, checker) {
  const alias = source.statements.find(statement => ts.isTypeAliasDeclaration(statement) && statement.name.text === name);
  const type = checker.getTypeAtLocation(alias.name);
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias | ts.TypeFormatFlags.NoTypeReduction;
  return checker.typeToString(type, undefined, flags);
}

function leadingComment(words) {
  const comment = /^\s*(\/\*\*[\s\S]*?\*\/)/.exec(words);
  return comment === null ? '' : `${comment[1]}\n`;
}

/** Imports that only schemas needed go with them. */
function keepUsed(words, used) {
  const names = /\{([^}]*)\}/.exec(words);
  if (names === null) return words;
  const wanted = names[1].split(',').map(name => name.trim()).filter(name => name !== '' && new RegExp(`\\b${name.replace(/^type /, '').split(' as ').pop()}\\b`).test(used));
  return wanted.length === 0 ? '' : words.replace(names[0], `{ ${wanted.join(', ')} }`);
}
