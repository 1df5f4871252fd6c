import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type TS from 'typescript';
import type { CommittedCell, CompiledCell, CompileResult } from './session.js';
import { describeDiagnostics, describeUnawaitedCall, findReExports, MAX_DIAGNOSTICS } from './cell-diagnostics.js';
import { NotebookNames, type PreparedCell } from './cell-names.js';
import { CellRewriter } from './cell-rewriter.js';
import { SourceFiles } from './source-files.js';
import { ts } from './typescript.js';
import { findUnawaitedCalls } from './unawaited-calls.js';

const MODULE_NOT_FOUND: readonly number[] = [2307, 2792, 7016, 2882];
const PRUNE_EVERY = 64;

/** A compiled cell without the parts that the layers above add. */
export type CompilerOutput = CompileResult extends infer R ? (R extends CompiledCell ? Omit<CompiledCell, 'magics'> : R) : never;

/**
 * Compiles cell after cell of one notebook. Each cell is one virtual module; it imports the names it uses from the
 * modules of earlier cells, which are kept as declarations only, so the cost of a cell does not grow with the notebook.
 */
export class CellCompiler {
  readonly files: SourceFiles;
  readonly names = new NotebookNames();
  readonly #cwd: string;
  readonly #current: string;
  readonly #trackedDir: string;
  readonly #environment: readonly string[];
  readonly #augmenting: string[] = [];
  #host: TS.CompilerHost;
  #program: TS.Program | undefined;
  #compiled = 0;
  #committed = 0;

  constructor(cwd: string, typesDir: string) {
    this.#cwd = cwd;
    this.#current = join(cwd, '__vcp_cell.ts');
    this.#trackedDir = join(typesDir, 'sdk/');
    this.files = new SourceFiles(cwd, typesDir);
    this.#host = this.files.compilerHost();
    this.#environment = readdirSync(typesDir)
      .filter((name) => name.endsWith('.d.ts') && !name.startsWith('lib.'))
      .map((name) => join(typesDir, name));
  }

  /** Files that every cell sees without importing them. */
  get environment(): readonly string[] {
    return [...this.#environment, ...this.#augmenting];
  }

  compile(code: string, commit: boolean): CompilerOutput {
    const cell = this.names.prepare(code);
    this.files.write(this.#current, cell.text);
    let program = this.#createProgram();
    let diagnostics = this.#check(program, cell);
    if (diagnostics.some((diagnostic) => MODULE_NOT_FOUND.includes(diagnostic.code))) {
      this.files.forgetAbsent();
      this.#host = this.files.compilerHost();
      program = this.#createProgram();
      this.files.resolutionsAreFresh();
      diagnostics = this.#check(program, cell);
    }
    const file = this.#cellFile(program);
    const described = [
      ...describeDiagnostics(diagnostics, file, cell),
      ...findReExports(file),
      ...(diagnostics.length > 0 ? [] : this.#unawaited(program, file, cell))
    ];
    if (described.length > 0) {
      return { kind: 'refused', diagnostics: described.slice(0, MAX_DIAGNOSTICS), omitted: Math.max(0, described.length - MAX_DIAGNOSTICS) };
    }
    const output = this.#emit(program, file, cell, commit);
    if (++this.#compiled % PRUNE_EVERY === 0) this.files.prune(program);
    return output;
  }

  /** Makes the declarations of a cell visible to later ones. */
  commit(cell: CommittedCell): void {
    this.#committed = Math.max(this.#committed, Number(/\d+$/.exec(cell.module)?.[0] ?? 0));
    this.files.write(cell.fileName, cell.text);
    if (cell.augmentsGlobals) this.#augmenting.push(cell.fileName);
    this.names.commit(cell);
  }

  #createProgram(): TS.Program {
    this.#program = ts.createProgram({
      rootNames: [...this.environment, this.#current],
      options: this.files.options,
      host: this.#host,
      ...(this.#program && { oldProgram: this.#program })
    });
    return this.#program;
  }

  #cellFile(program: TS.Program): TS.SourceFile {
    const file = program.getSourceFile(this.#current);
    if (!file) throw new Error('The compiler lost the text of the cell.');
    return file;
  }

  #check(program: TS.Program, cell: PreparedCell): readonly TS.Diagnostic[] {
    const file = this.#cellFile(program);
    // A syntax error anywhere is the user's: the appended text is correct by itself.
    const syntactic = program.getSyntacticDiagnostics(file);
    if (syntactic.length > 0) return syntactic;
    return program
      .getSemanticDiagnostics(file)
      .filter((diagnostic) => diagnostic.category === ts.DiagnosticCategory.Error && (diagnostic.start ?? 0) < cell.code.length);
  }

  #unawaited(program: TS.Program, file: TS.SourceFile, cell: PreparedCell): ReturnType<typeof describeUnawaitedCall>[] {
    const isTracked = (fileName: string): boolean => fileName.startsWith(this.#trackedDir);
    return findUnawaitedCalls(file, program.getTypeChecker(), cell.code.length, isTracked).map(({ node, callee }) =>
      describeUnawaitedCall(node, callee, file)
    );
  }

  #emit(program: TS.Program, file: TS.SourceFile, cell: PreparedCell, commit: boolean): CompilerOutput {
    const redeclares = [...cell.declared.keys()].some((name) => this.names.has(name));
    const rewriter = new CellRewriter(file, program.getTypeChecker(), cell, redeclares);
    let js = '';
    let map = '';
    let declarations: string | undefined;
    const write: TS.WriteFileCallback = (fileName, text) => {
      if (fileName.endsWith('.js')) js = text;
      else if (fileName.endsWith('.map')) map = text;
      else declarations = text;
    };
    program.emit(file, write, undefined, false, { before: [rewriter.transform] });
    const boxes = [...rewriter.boxes];
    const committed = commit ? this.#describeCommit(cell, declarations) : undefined;
    if (committed) this.commit(committed);
    return {
      kind: 'compiled',
      js: wrap(js, rewriter.kernelParameter, boxes.map((name) => `${name}:${rewriter.boxParameter(name)}`)),
      map,
      boxes,
      declares: rewriter.declares,
      hasMarks: redeclares,
      ...(committed && { committed })
    };
  }

  /** Keeps declarations only; the text itself when it has types that a declaration cannot express. */
  #describeCommit(cell: PreparedCell, declarations: string | undefined): CommittedCell | undefined {
    if (cell.declared.size === 0 && !/\bdeclare\s+(?:global|module)\b/.test(cell.code)) return undefined;
    const module = `__vcp_c${this.#committed + 1}`;
    return {
      module,
      fileName: join(this.#cwd, module + (declarations === undefined ? '.ts' : '.d.ts')),
      text: declarations ?? cell.text,
      augmentsGlobals: /\bdeclare\s+(?:global|module)\b/.test(cell.code),
      names: [...cell.declared].map(([name, { reassignable, ambient }]) => ({ name, reassignable, ambient }))
    };
  }
}

/** One line goes before the code, so line numbers are shifted back by one where the script is made. */
function wrap(js: string, kernelParameter: string, boxes: readonly string[]): string {
  const body = js.replace(/^export \{\};?\s*$/m, '').replace(/^\/\/# sourceMappingURL=.*$/m, '');
  return `"use strict";(async (${kernelParameter}, {${boxes.join(',')}}) => {\n${body}\n})`;
}
