import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type TS from 'typescript';
import type { CommittedCell, CompiledCell, CompileResult } from './session.js';
import { describeDiagnostics, describeUnawaitedCall, findReExports, MAX_DIAGNOSTICS } from './cell-diagnostics.js';
import { NotebookNames, type PreparedCell } from './cell-names.js';
import { CellPrograms } from './cell-programs.js';
import { CellRewriter } from './cell-rewriter.js';
import { SourceFiles } from './source-files.js';
import { ts } from './typescript.js';
import { findUnawaitedCalls } from './unawaited-calls.js';

const MODULE_NOT_FOUND: readonly number[] = [2307, 2792, 7016, 2882];
const PRUNE_EVERY = 64;
/** Modules whose declarations are read only when a cell names one of them; see `build/type-libraries.mjs`. */
const NAMES_RARE_MODULE = /["'`](?:node:)?(?:inspector|http2|test|cluster|repl|sqlite|wasi|trace_events|sea|dgram|domain|punycode)(?:\/\w+)?["'`]/;
const RARE_TYPES = 'node-extras.d.ts';
const FIRST_TYPES: readonly string[] = ['kernel-globals.d.ts', 'first/console.d.ts'];
/** Uses of the library that take the compiler through most of its ways. */
const WARM_UP = 'console.log([1].map((x) => x + 1).join()); await Promise.resolve(1)';

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
  readonly #typesDir: string;
  readonly #current: string;
  readonly #sdkFile: string;
  readonly #environment: string[];
  readonly #rareTypes: string;
  readonly #augmenting: string[] = [];
  readonly #whole: CellPrograms;
  /** Programs that know little of the environment, used until the whole of it has been read. */
  #first: CellPrograms | undefined;
  #compiled = 0;
  #committed = 0;

  constructor(cwd: string, typesDir: string) {
    this.#cwd = cwd;
    this.#typesDir = typesDir;
    this.#current = join(cwd, '__vcp_cell.ts');
    this.#sdkFile = join(typesDir, 'sdk.d.ts');
    this.#rareTypes = join(typesDir, RARE_TYPES);
    this.files = new SourceFiles(cwd, typesDir);
    this.#environment = readdirSync(typesDir)
      .filter((name) => name.endsWith('.d.ts') && !name.startsWith('lib.') && name !== RARE_TYPES)
      .map((name) => join(typesDir, name));
    this.#whole = new CellPrograms(this.files, this.files.options, () => [...this.environment, this.#current]);
    const firstTypes = FIRST_TYPES.map((name) => join(typesDir, name));
    this.#first = new CellPrograms(this.files, { ...this.files.options, types: [] }, () => [...firstTypes, ...this.#augmenting, this.#current]);
  }

  /** Files that every cell sees without importing them. */
  get environment(): readonly string[] {
    return [...this.#environment, ...this.#augmenting];
  }

  /** Whether the whole environment has been read. */
  get isWarm(): boolean {
    return this.#first === undefined;
  }

  /** Reads what plain cells need; a third of the whole. */
  warmUpFirst(): void {
    this.compile(WARM_UP, false);
  }

  /** Reads the whole environment; from then on every cell is checked against it at full speed. */
  warmUp(): void {
    if (!this.#first) return;
    this.#first = undefined;
    this.compile(WARM_UP, false);
    this.compile('1 + 1', false);
  }

  /**
   * Checks and translates a cell. While the environment is not read as a whole, a cell without imports is tried against
   * its first part: what is right there is right in the whole too, and what is not is tried again.
   */
  compile(code: string, commit: boolean): CompilerOutput {
    const cell = this.names.prepare(code);
    this.files.write(this.#current, cell.text);
    if (NAMES_RARE_MODULE.test(code)) this.#readRareTypes();
    if (this.#first && !/\bimport\b|\brequire\b/.test(code)) {
      const program = this.#first.next();
      const early = this.#finish(program, cell, this.#check(program, cell), commit);
      if (early.kind === 'compiled') return early;
    }
    if (this.#first) {
      this.warmUp();
      this.files.write(this.#current, cell.text);
    }
    return this.#compileWhole(cell, commit);
  }

  #compileWhole(cell: PreparedCell, commit: boolean): CompilerOutput {
    const program = this.#nextProgram();
    const diagnostics = this.#check(program, cell);
    if (!diagnostics.some((diagnostic) => MODULE_NOT_FOUND.includes(diagnostic.code))) return this.#finish(program, cell, diagnostics, commit);
    const retried = this.#whole.nextAfterInstall();
    return this.#finish(retried, cell, this.#check(retried, cell), commit);
  }

  #finish(program: TS.Program, cell: PreparedCell, diagnostics: readonly TS.Diagnostic[], commit: boolean): CompilerOutput {
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
    if (!this.#first && ++this.#compiled % PRUNE_EVERY === 0) this.files.prune(program);
    return output;
  }

  /** Makes the declarations of a cell visible to later ones. */
  commit(cell: CommittedCell): void {
    this.#committed = Math.max(this.#committed, Number(/\d+$/.exec(cell.module)?.[0] ?? 0));
    this.files.write(cell.fileName, cell.text);
    if (cell.augmentsGlobals) this.#augmenting.push(cell.fileName);
    this.names.commit(cell);
  }

  #readRareTypes(): void {
    if (this.files.hasOwnNodeTypes && !this.#environment.includes(this.#rareTypes)) this.#environment.push(this.#rareTypes);
  }

  #nextProgram(): TS.Program {
    const filesBefore = this.#whole.fileCount;
    const program = this.#whole.next();
    if (this.#whole.fileCount === filesBefore || this.#environment.includes(this.#rareTypes)) return program;
    // A package of the user's may name any module of Node.
    const usesPackages = program.getSourceFiles().some(({ fileName }) => fileName.includes('/node_modules/') && !fileName.startsWith(this.#typesDir));
    if (!usesPackages) return program;
    this.#readRareTypes();
    return this.#whole.next();
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
    const isTracked = (fileName: string): boolean => fileName === this.#sdkFile;
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
