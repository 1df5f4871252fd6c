import { SourceMap, type SourceMapPayload } from 'node:module';

interface CellSource {
  readonly code: string;
  readonly map: string;
  decoded?: SourceMap;
}

/** 1-based position in the text of a cell. */
export interface CellPosition {
  readonly filename: string;
  readonly line: number;
  readonly column: number;
}

/** The texts of cells that ran, to say where in them an error arose. */
export class CellSources {
  readonly #sources = new Map<string, CellSource>();

  /** A name for the cell that no earlier one has. */
  uniqueName(wanted: string): string {
    let name = `cell[${wanted}]`;
    for (let copy = 2; this.#sources.has(name); copy++) name = `cell[${wanted}.${copy}]`;
    return name;
  }

  add(filename: string, code: string, map: string): void {
    this.#sources.set(filename, { code, map });
  }

  has(filename: string): boolean {
    return this.#sources.has(filename);
  }

  /** The text of one line of a cell. */
  line(filename: string, line: number): string | undefined {
    return this.#sources.get(filename)?.code.split('\n')[line - 1];
  }

  /** Node does not apply source maps to scripts of `vm`, so positions in the emitted code are traced back here. */
  originalPosition({ filename, line, column }: CellPosition): CellPosition | undefined {
    const source = this.#sources.get(filename);
    if (!source || source.map === '') return undefined;
    source.decoded ??= new SourceMap(JSON.parse(source.map) as SourceMapPayload);
    const entry = source.decoded.findEntry(line - 1, column - 1);
    return 'originalLine' in entry ? { filename, line: entry.originalLine + 1, column: entry.originalColumn + 1 } : undefined;
  }
}
