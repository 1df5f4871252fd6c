import { completeMagic, inspectMagic } from '../magics/magic-completion.js';
import { findCellMagic } from '../magics/cell-magic.js';
import { findMagicLines, replaceMagicLines, type MagicLine } from '../magics/magic-scanner.js';
import type { MagicSpec } from '../magics/magic-spec.js';
import { CellCompiler } from './cell-compiler.js';
import { MAGIC_CALL } from './cell-scope.js';
import { checkCompleteness } from './completeness.js';
import { LanguageFeatures } from './language-features.js';
import type { CompileRequest, CompileResult, Completeness, Completion, CursorRequest, Inspection, Session, SessionOptions } from './session.js';

const CODE_MISPLACED_CELL_MAGIC = 90003;
const WARM_UP_DELAY_MS = 100;

/** The language engine on the TypeScript compiler. All calls run to their end before the next one starts. */
export class TypeScriptSession implements Session {
  readonly #magics: readonly MagicSpec[];
  readonly #onWarm: (() => void) | undefined;
  #isWarm = false;
  #open: { readonly compiler: CellCompiler; readonly features: LanguageFeatures } | undefined;

  /** `onWarm` is called when the whole environment has been read. */
  constructor(magics: readonly MagicSpec[], { onWarm }: { readonly onWarm?: () => void } = {}) {
    this.#magics = magics;
    this.#onWarm = onWarm;
  }

  async open({ cwd, typesDir, restore = [] }: SessionOptions): Promise<void> {
    const compiler = new CellCompiler(cwd.replaceAll('\\', '/'), typesDir.replaceAll('\\', '/'));
    this.#open = { compiler, features: new LanguageFeatures(compiler, cwd) };
    for (const cell of restore) compiler.commit(cell);
    compiler.warmUpFirst();
    // A cell that came meanwhile goes first; the rest is read when nothing is asked.
    setTimeout(() => this.#warmUp(), WARM_UP_DELAY_MS).unref();
  }

  async compile({ code, commit }: CompileRequest): Promise<CompileResult> {
    const lines = findMagicLines(code);
    const misplaced = lines.find((line) => line.isCellMagic);
    if (misplaced) return refuseMisplaced(misplaced);
    const text = replaceMagicLines(code, lines, ({ start, lineStart }, index) => {
      const call = `await ${MAGIC_CALL}(${index})`;
      // A magic on its own shows what it has to show: its value is for those who assign it.
      return start === lineStart ? `;void (${call});` : `${call};`;
    });
    const output = this.#engine().compiler.compile(text, commit);
    if (output.kind === 'refused') return output;
    return { ...output, magics: lines.map(({ name, args, line }) => ({ name, args, line })) };
  }

  async complete(request: CursorRequest): Promise<Completion> {
    const magic = completeMagic(this.#magics, request);
    if (magic) return magic;
    this.#warmUp();
    return this.#engine().features.complete({ code: blankMagics(request.code), offset: request.offset });
  }

  async inspect(request: CursorRequest): Promise<Inspection | undefined> {
    const magic = inspectMagic(this.#magics, request);
    if (magic) return magic;
    this.#warmUp();
    return this.#engine().features.inspect({ code: blankMagics(request.code), offset: request.offset });
  }

  async isComplete(code: string): Promise<Completeness> {
    return checkCompleteness(code);
  }

  async dispose(): Promise<void> {
    this.#open?.features.dispose();
    this.#open = undefined;
  }

  #warmUp(): void {
    if (!this.#open || this.#isWarm) return;
    this.#isWarm = true;
    this.#open.compiler.warmUp();
    this.#onWarm?.();
  }

  #engine(): { readonly compiler: CellCompiler; readonly features: LanguageFeatures } {
    if (!this.#open) throw new Error('The language session is not open.');
    return this.#open;
  }
}

/** Text of the same length without magics, so that offsets stay what the front end sent. */
function blankMagics(code: string): string {
  if (findCellMagic(code)) return code.replace(/[^\n]/g, ' ');
  return replaceMagicLines(code, findMagicLines(code), ({ start, end, lineStart }) => (start === lineStart ? ';' : '0').padEnd(end - start));
}

function refuseMisplaced({ name, line }: MagicLine): CompileResult {
  const message = `%%${name} takes a whole cell: put it on the first line of a cell of its own.`;
  return { kind: 'refused', diagnostics: [{ message, code: CODE_MISPLACED_CELL_MAGIC, line, column: 1, length: name.length + 2 }], omitted: 0 };
}
