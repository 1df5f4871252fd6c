import type TS from 'typescript';
import type { Completeness } from './session.js';
import { findCellMagic } from '../magics/cell-magic.js';
import { findMagicLines, replaceMagicLines } from '../magics/magic-scanner.js';
import { ts } from './typescript.js';

const UNTERMINATED_STRING = 1002;
const UNTERMINATED_REGEX = 1161;

/** Whether the text of a console is ready to run, wants another line, or can never be right. */
export function checkCompleteness(code: string): Completeness {
  if (findCellMagic(code)) return /\n[ \t]*$/.test(code) ? { status: 'complete' } : { status: 'incomplete', indent: '' };
  const text = replaceMagicLines(code, findMagicLines(code), ({ start, end, lineStart }) => (start === lineStart ? ';' : '0').padEnd(end - start));
  const [first] = syntaxErrors(text);
  if (!first) return { status: 'complete' };
  const isAtEnd = (first.start ?? 0) + (first.length ?? 0) >= text.trimEnd().length;
  const canContinue = first.code !== UNTERMINATED_STRING && first.code !== UNTERMINATED_REGEX;
  return isAtEnd && canContinue && !isClosingBracket(text, first.start ?? 0) ? { status: 'incomplete', indent: nextIndent(code) } : { status: 'invalid' };
}

/** A closing bracket that closes nothing is an error wherever it stands, also at the end. */
function isClosingBracket(text: string, at: number): boolean {
  return /^[)\]}]/.test(text.slice(at));
}

function syntaxErrors(text: string): readonly TS.Diagnostic[] {
  const fileName = 'cell.ts';
  const options = { target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.ESNext, noLib: true, noResolve: true, types: [] };
  const file = ts.createSourceFile(fileName, text, ts.ScriptTarget.ES2024);
  const host: TS.CompilerHost = {
    getSourceFile: (name) => (name === fileName ? file : undefined),
    fileExists: (name) => name === fileName,
    readFile: () => undefined,
    getDefaultLibFileName: () => '',
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    writeFile: () => undefined
  };
  return ts.createProgram({ rootNames: [fileName], options, host }).getSyntacticDiagnostics(file);
}

function nextIndent(code: string): string {
  const lastLine = code.trimEnd().split('\n').at(-1) ?? '';
  const indent = /^[ \t]*/.exec(lastLine)?.[0] ?? '';
  return /[{([]$|=>$/.test(lastLine) ? `${indent}  ` : indent;
}
