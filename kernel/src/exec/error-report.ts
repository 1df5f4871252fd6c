import { inspect } from 'node:util';
import { describePlace, isVcpError, type VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { CellDiagnostic } from '../session/session.js';
import type { CellSources } from './cell-sources.js';

/** An error as the protocol sends it. */
export interface ErrorReport {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** The compiler refused the cell: nothing of it ran. */
export class TypeScriptError extends Error {
  override readonly name = 'TypeScriptError';
  readonly diagnostics: readonly CellDiagnostic[];
  readonly omitted: number;
  readonly code: string;
  readonly filename: string;

  constructor(filename: string, code: string, diagnostics: readonly CellDiagnostic[], omitted: number) {
    super(diagnostics.map((diagnostic) => `${filename}:${diagnostic.line}:${diagnostic.column} ${label(diagnostic)}${diagnostic.message}`).join('\n'));
    this.filename = filename;
    this.code = code;
    this.diagnostics = diagnostics;
    this.omitted = omitted;
  }
}

const RED = '\u001b[31m';
const DIM = '\u001b[2m';
const RESET = '\u001b[0m';
const OWN_CODES = 90_000;
const POSITION = /(cell\[[^\]]*\]):(\d+):(\d+)/;
/** The bundled kernel lies in one folder, and its frames are of no use to the person at the notebook. */
const OWN_FOLDER = new URL('.', import.meta.url).href;

/** Describes what a cell threw: its own frames only, with lines and columns of the cells' text. */
export function reportError(error: unknown, sources: CellSources): ErrorReport {
  return reportOnce(error, sources, new Set());
}

/** Errors can be causes of each other: each is told once. */
function reportOnce(error: unknown, sources: CellSources, told: Set<unknown>): ErrorReport {
  told.add(error);
  if (error instanceof TypeScriptError) return reportRefusal(error);
  if (!(error instanceof Error)) {
    const evalue = inspect(error, { depth: 3 });
    return { ename: 'Thrown', evalue, traceback: [`${RED}Thrown${RESET}: ${evalue}`] };
  }
  if (isVcpError(error)) return reportVcpError(error);
  const hint = textProperty(error, 'hint');
  const evalue = hint ? `${error.message}\n${hint}` : error.message;
  const head = `${RED}${error.name}${RESET}: ${evalue}`;
  const frames = isForPeople(error) ? [] : cellFrames(error, sources);
  return { ename: error.name, evalue, traceback: [head, ...frames, ...causes(error, sources, told)] };
}

/** What failed, on which things, what to do, and under which operation it is kept. */
function reportVcpError(error: VcpError): ErrorReport {
  const places = error.at.map(describePlace).filter((place) => !error.message.includes(place));
  const hint = error.hint === undefined ? [] : [`→ ${error.hint}`];
  const operation = error.operation === undefined ? [] : [`operation ${error.operation}`];
  const rest = [...places.map((place) => `  ${place}`), ...hint, ...operation];
  return { ename: error.name, evalue: [error.message, ...rest].join('\n'), traceback: [`${RED}${error.name}${RESET}: ${error.message}`, ...rest] };
}

/** Errors that say what to do; a stack would only hide it. */
function isForPeople(error: Error): boolean {
  return error.name === 'UsageError' || error.name === 'KeyboardInterrupt' || error.name === 'MagicError' || textProperty(error, 'hint') !== undefined;
}

function reportRefusal(error: TypeScriptError): ErrorReport {
  const lines = error.code.split('\n');
  const blocks = error.diagnostics.map((diagnostic) => {
    const at = `${error.filename}:${diagnostic.line}:${diagnostic.column}`;
    const source = lines[diagnostic.line - 1];
    const frame = source === undefined ? '' : `\n${codeFrame(source, diagnostic.line, diagnostic.column, diagnostic.length)}`;
    return `${RED}${error.name}${RESET}: ${at} ${label(diagnostic)}${diagnostic.message}${frame}`;
  });
  const omitted = error.omitted > 0 ? [`… and ${error.omitted} more`] : [];
  return { ename: error.name, evalue: error.message, traceback: [...blocks, ...omitted] };
}

function label(diagnostic: CellDiagnostic): string {
  return diagnostic.code >= OWN_CODES ? '' : `TS${diagnostic.code}: `;
}

function codeFrame(source: string, line: number, column: number, length: number): string {
  const gutter = `${line} | `;
  return `${DIM}${gutter}${RESET}${source}\n${' '.repeat(gutter.length + column - 1)}${RED}${'^'.repeat(Math.min(length, Math.max(1, source.length - column + 1)))}${RESET}`;
}

/** The stack of an error from the cells' own code up, with kernel and Node internals left out. */
function cellFrames(error: Error, sources: CellSources): readonly string[] {
  const frames: string[] = [];
  let hasSource = false;
  for (const line of stackLines(error)) {
    if (line.includes(OWN_FOLDER) || /\(?node:/.test(line)) continue;
    const match = POSITION.exec(line);
    const [, filename = '', row, column] = match ?? [];
    const position = sources.originalPosition({ filename, line: Number(row), column: Number(column) });
    frames.push(position ? line.replace(POSITION, `${filename}:${position.line}:${position.column}`) : line);
    const source = position && !hasSource ? sources.line(filename, position.line) : undefined;
    if (position && source !== undefined) {
      frames.push(codeFrame(source, position.line, position.column, 1));
      hasSource = true;
    }
  }
  return frames;
}

function stackLines(error: Error): readonly string[] {
  const stack = typeof error.stack === 'string' ? error.stack : '';
  return stack.split('\n').filter((line) => /^\s+at /.test(line));
}

function causes(error: Error, sources: CellSources, told: Set<unknown>): readonly string[] {
  const inner = error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause];
  return inner.slice(0, 5).flatMap((cause: unknown) => {
    if (told.has(cause)) return [];
    const { traceback } = reportOnce(cause, sources, told);
    return [`Caused by ${traceback[0] ?? ''}`, ...traceback.slice(1)];
  });
}

function textProperty(error: Error, name: string): string | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
