import type TS from 'typescript';
import type { CellDiagnostic } from './session.js';
import type { PreparedCell } from './cell-names.js';
import { ts } from './typescript.js';

const CANNOT_ASSIGN_TO_IMPORT = 2632;
const CANNOT_ASSIGN_TO_CONSTANT = 2588;
const CODE_UNAWAITED_CALL = 90001;
const CODE_RE_EXPORT = 90002;

/** Beyond this many errors a list only hides the first one. */
export const MAX_DIAGNOSTICS = 10;

/** Turns what the compiler says about a prepared cell into what the user should read about their text. */
export function describeDiagnostics(diagnostics: readonly TS.Diagnostic[], file: TS.SourceFile, cell: PreparedCell): readonly CellDiagnostic[] {
  const seen = new Set<string>();
  return diagnostics.flatMap((diagnostic) => {
    const described = describeDiagnostic(diagnostic, file, cell);
    const key = `${described.line}:${described.column}:${described.message}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [described];
  });
}

function describeDiagnostic(diagnostic: TS.Diagnostic, file: TS.SourceFile, cell: PreparedCell): CellDiagnostic {
  // What is wrong with the appended text was left open by the user's: a missing bracket, say.
  const start = Math.min(diagnostic.start ?? 0, cell.code.trimEnd().length);
  const end = Math.min(start + (diagnostic.length ?? 1), cell.code.length);
  const name = cell.code.slice(start, end);
  let { code } = diagnostic;
  let message = withoutCellModules(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
  if (code === CANNOT_ASSIGN_TO_IMPORT && cell.used.has(name)) {
    code = CANNOT_ASSIGN_TO_CONSTANT;
    message = `Cannot assign to '${name}' because it is a constant.`;
  }
  return { message, code, ...position(file, start, end) };
}

export function describeUnawaitedCall(node: TS.Expression, callee: string, file: TS.SourceFile): CellDiagnostic {
  return {
    message: `The call of ${callee} is not awaited: the cell would end before the work does. Write \`await ${callee}(…)\`, keep the promise in a variable, or write \`void ${callee}(…)\` to let it run unwatched.`,
    code: CODE_UNAWAITED_CALL,
    ...position(file, node.getStart(file), node.getEnd())
  };
}

/** `export … from` has no meaning in a cell: nothing imports a cell as a module. */
export function findReExports(file: TS.SourceFile): readonly CellDiagnostic[] {
  return file.statements.filter((statement) => ts.isExportDeclaration(statement) && statement.moduleSpecifier).map((statement) => ({
    message: 'A cell cannot re-export from another module. Import the names instead: later cells see them.',
    code: CODE_RE_EXPORT,
    ...position(file, statement.getStart(file), statement.getEnd())
  }));
}

function position(file: TS.SourceFile, start: number, end: number): Pick<CellDiagnostic, 'line' | 'column' | 'length'> {
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  const lineEnd = file.text.indexOf('\n', start);
  const length = Math.max(1, Math.min(end, lineEnd < 0 ? end : lineEnd) - start);
  return { line: line + 1, column: character + 1, length };
}

/** Types of earlier cells are written `import("/dir/__vcp_c3").Name`; the user knows them as `Name`. */
function withoutCellModules(message: string): string {
  return message.replace(/import\("[^"]*__vcp_c(?:\d+|ell)"\)\./g, '').replace(/\b__vcp_c\d+\./g, '');
}
