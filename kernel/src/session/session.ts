/**
 * What the kernel asks of a language engine. The rest of the kernel knows only this file: an engine on another
 * compiler can take the place of ours without a change elsewhere.
 */
export interface Session {
  /** Prepares the engine for a notebook that runs in `cwd`. Resolves when it can compile; it may go on reading libraries. */
  open(options: SessionOptions): Promise<void>;
  /** Checks and translates one cell. With `commit`, its declarations become visible to later cells, also if it fails when run. */
  compile(request: CompileRequest): Promise<CompileResult>;
  complete(request: CursorRequest): Promise<Completion>;
  /** What is known about the name at the cursor; `undefined` when nothing is. */
  inspect(request: CursorRequest): Promise<Inspection | undefined>;
  isComplete(code: string): Promise<Completeness>;
  dispose(): Promise<void>;
}

export interface SessionOptions {
  /** Directory of the notebook: relative imports and `node_modules` are found from here. */
  readonly cwd: string;
  /** Folder with the bundled declarations (`lib.d.ts`, `node/`, …). */
  readonly typesDir: string;
  /** Cells committed before, when an engine that stopped is replaced. */
  readonly restore?: readonly CommittedCell[];
}

export interface CompileRequest {
  readonly code: string;
  /** Shown in diagnostics and stack traces, for example `cell[3]`. */
  readonly filename: string;
  /** False for expressions of the front end, which must leave no trace. */
  readonly commit: boolean;
}

export type CompileResult = CompiledCell | RefusedCell;

export interface CompiledCell {
  readonly kind: 'compiled';
  /** Text of a function expression: `async (kernel, boxes) => …`. */
  readonly js: string;
  /** Source map (JSON) of `js`. */
  readonly map: string;
  /** Names whose boxes the function takes. */
  readonly boxes: readonly string[];
  /** Names that this cell declares, in the order in which their statements finish. */
  readonly declares: readonly DeclaredName[];
  /** The function notes its progress in `kernel.mark`, because the cell declares names that have a value already. */
  readonly hasMarks: boolean;
  /** Line magics of the cell, in order; the function calls them by index. */
  readonly magics: readonly LineMagic[];
  /** What a replacement of this engine needs to know about the cell; absent without `commit`. */
  readonly committed?: CommittedCell;
}

export interface RefusedCell {
  readonly kind: 'refused';
  readonly diagnostics: readonly CellDiagnostic[];
  /** Errors that are not listed because there were too many. */
  readonly omitted: number;
}

export interface DeclaredName {
  readonly name: string;
  /**
   * Progress mark after which the name has its value; -1 for names that have it from the start (functions, imports)
   * and for types, which have none.
   */
  readonly mark: number;
}

export interface LineMagic {
  readonly name: string;
  readonly args: string;
  /** 1-based line in the cell. */
  readonly line: number;
}

export interface CellDiagnostic {
  readonly message: string;
  readonly code: number;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
  /** Length of the marked text on that line, at least 1. */
  readonly length: number;
}

export interface CommittedCell {
  readonly module: string;
  readonly fileName: string;
  readonly text: string;
  readonly augmentsGlobals: boolean;
  readonly names: readonly CommittedName[];
}

export interface CommittedName {
  readonly name: string;
  readonly reassignable: boolean;
  /** Declared with `declare`: the value is a global that the cell only describes. */
  readonly ambient: boolean;
}

export interface CursorRequest {
  readonly code: string;
  /** Offset in UTF-16 units. */
  readonly offset: number;
}

export interface Completion {
  readonly start: number;
  readonly end: number;
  readonly items: readonly CompletionItem[];
}

export interface CompletionItem {
  readonly text: string;
  readonly kind: string;
}

export interface Inspection {
  readonly text: string;
  readonly markdown?: string;
}

export type Completeness =
  | { readonly status: 'complete' | 'invalid' | 'unknown' }
  | { readonly status: 'incomplete'; readonly indent: string };
