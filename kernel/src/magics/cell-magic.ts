export interface CellMagic {
  readonly name: string;
  readonly args: string;
  readonly body: string;
  /** 1-based line of the cell on which the magic's own line is; the body starts on the next. */
  readonly line: number;
}

/** The magic that takes the whole cell: `%%name` on its first line that is not blank. */
export function findCellMagic(code: string): CellMagic | undefined {
  const match = /^((?:[ \t]*\r?\n)*)%%([A-Za-z][\w-]*)([^\n]*)(?:\n([\s\S]*))?$/.exec(code);
  if (!match) return undefined;
  const [, blank = '', name = '', args = '', body = ''] = match;
  return { name, args: args.trim(), body, line: blank.split('\n').length };
}
