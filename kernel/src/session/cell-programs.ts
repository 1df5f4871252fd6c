import type TS from 'typescript';
import type { SourceFiles } from './source-files.js';
import { ts } from './typescript.js';

/** The programs of one cell after the other over the same environment, each made from the one before. */
export class CellPrograms {
  readonly #files: SourceFiles;
  readonly #options: TS.CompilerOptions;
  readonly #roots: () => readonly string[];
  #host: TS.CompilerHost;
  #program: TS.Program | undefined;

  constructor(files: SourceFiles, options: TS.CompilerOptions, roots: () => readonly string[]) {
    this.#files = files;
    this.#options = options;
    this.#roots = roots;
    this.#host = files.compilerHost();
  }

  /** A program over the texts as they are now. */
  next(): TS.Program {
    this.#program = ts.createProgram({
      rootNames: this.#roots(),
      options: this.#options,
      host: this.#host,
      ...(this.#program && { oldProgram: this.#program })
    });
    return this.#program;
  }

  /** The same, with every module looked for again. */
  nextAfterInstall(): TS.Program {
    this.#files.forgetAbsent();
    this.#host = this.#files.compilerHost();
    const program = this.next();
    this.#files.resolutionsAreFresh();
    return program;
  }

  get fileCount(): number {
    return this.#program?.getSourceFiles().length ?? 0;
  }
}
