import type TS from 'typescript';
import { ts } from '../session/typescript.js';

/** A line magic in the text of a cell. */
export interface MagicLine {
  /** Offset of the `%`. */
  readonly start: number;
  /** Offset behind the last character of the line. */
  readonly end: number;
  /** Offset of the first character of the line; before `start` when the magic's value is assigned. */
  readonly lineStart: number;
  readonly name: string;
  readonly args: string;
  /** 1-based. */
  readonly line: number;
  /** `%%name` on a line that is not the first: a mistake to be reported. */
  readonly isCellMagic: boolean;
}

const ASSIGNMENT = /^(?:(?:export\s+)?(?:const|let|var)\s+[\p{L}$_][\p{L}\p{N}$_]*\s*(?::[^=]+)?|[\p{L}$_][\p{L}\p{N}$_]*)\s*=\s*$/u;
const NAME = /^(%?)([A-Za-z][\w-]*)[ \t]*(.*)$/;

/**
 * Finds `%name` at the first column, outside brackets, strings, templates, comments and regular expressions; and
 * `const x = %name …`. A remainder operator at the start of a line has to be indented, or followed by a space.
 */
export function findMagicLines(code: string): readonly MagicLine[] {
  if (!/%[A-Za-z]/.test(code)) return [];
  const found: MagicLine[] = [];
  const scanner = ts.createScanner(ts.ScriptTarget.ESNext, true, ts.LanguageVariant.Standard, code);
  const nesting = new Nesting();
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    const start = scanner.getTokenStart();
    const magic = token === ts.SyntaxKind.PercentToken && nesting.depth === 0 ? magicAt(code, start) : undefined;
    if (magic) {
      found.push(magic);
      scanner.resetTokenState(magic.end);
      nesting.statementEnds();
      continue;
    }
    nesting.enter(rescan(scanner, token, nesting));
  }
  return found;
}

/** Replaces every line magic; `replacement` gets the magic and its index, and must not contain a line break. */
export function replaceMagicLines(code: string, lines: readonly MagicLine[], replacement: (line: MagicLine, index: number) => string): string {
  let result = '';
  let from = 0;
  lines.forEach((line, index) => {
    result += code.slice(from, line.start) + replacement(line, index);
    from = line.end;
  });
  return result + code.slice(from);
}

function magicAt(code: string, start: number): MagicLine | undefined {
  const lineStart = code.lastIndexOf('\n', start - 1) + 1;
  const before = code.slice(lineStart, start);
  if (before !== '' && !ASSIGNMENT.test(before)) return undefined;
  const newline = code.indexOf('\n', start);
  const end = newline < 0 ? code.length : newline;
  const match = NAME.exec(code.slice(start + 1, end).replace(/\r$/, ''));
  if (!match) return undefined;
  const line = code.slice(0, start).split('\n').length;
  return { start, end, lineStart, line, isCellMagic: match[1] === '%', name: match[2] ?? '', args: (match[3] ?? '').trim() };
}

/** The plain scanner takes a regular expression for a division and the end of `${…}` for a bracket; this puts it right. */
function rescan(scanner: TS.Scanner, token: TS.SyntaxKind, nesting: Nesting): TS.SyntaxKind {
  const isSlash = token === ts.SyntaxKind.SlashToken || token === ts.SyntaxKind.SlashEqualsToken;
  if (isSlash && !nesting.endsOperand) {
    const after = scanner.getTokenEnd();
    const expression = scanner.reScanSlashToken();
    if (!scanner.isUnterminated()) return expression;
    scanner.resetTokenState(after);
    return token;
  }
  if (token === ts.SyntaxKind.CloseBraceToken && nesting.isInTemplate) return scanner.reScanTemplateToken(false);
  return token;
}

/** Brackets and templates that are open, and whether an operand has just ended (so that `/` divides). */
class Nesting {
  readonly #open: { readonly kind: TS.SyntaxKind; readonly closesOperand: boolean }[] = [];
  #last: TS.SyntaxKind = ts.SyntaxKind.SemicolonToken;
  endsOperand = false;

  get depth(): number {
    return this.#open.length;
  }

  get isInTemplate(): boolean {
    return this.#open.at(-1)?.kind === ts.SyntaxKind.TemplateHead;
  }

  statementEnds(): void {
    this.#last = ts.SyntaxKind.SemicolonToken;
    this.endsOperand = false;
  }

  enter(token: TS.SyntaxKind): void {
    switch (token) {
      case ts.SyntaxKind.OpenParenToken:
        this.#open.push({ kind: token, closesOperand: !isControlKeyword(this.#last) });
        this.endsOperand = false;
        break;
      case ts.SyntaxKind.OpenBraceToken:
        this.#open.push({ kind: token, closesOperand: startsObjectLiteral(this.#last) });
        this.endsOperand = false;
        break;
      case ts.SyntaxKind.OpenBracketToken:
      case ts.SyntaxKind.TemplateHead:
        this.#open.push({ kind: token, closesOperand: true });
        this.endsOperand = false;
        break;
      case ts.SyntaxKind.CloseParenToken:
      case ts.SyntaxKind.CloseBraceToken:
      case ts.SyntaxKind.CloseBracketToken:
      case ts.SyntaxKind.TemplateTail:
        this.endsOperand = this.#open.pop()?.closesOperand ?? true;
        break;
      case ts.SyntaxKind.TemplateMiddle:
        this.endsOperand = false;
        break;
      default:
        this.endsOperand = isOperandEnd(token);
    }
    this.#last = token;
  }
}

function isControlKeyword(token: TS.SyntaxKind): boolean {
  return [ts.SyntaxKind.IfKeyword, ts.SyntaxKind.WhileKeyword, ts.SyntaxKind.ForKeyword, ts.SyntaxKind.WithKeyword].includes(token);
}

function startsObjectLiteral(before: TS.SyntaxKind): boolean {
  const isArrow = before === ts.SyntaxKind.EqualsGreaterThanToken;
  const isOperator = before >= ts.SyntaxKind.FirstBinaryOperator && before <= ts.SyntaxKind.LastBinaryOperator;
  const opens = [ts.SyntaxKind.OpenParenToken, ts.SyntaxKind.OpenBracketToken, ts.SyntaxKind.ReturnKeyword, ts.SyntaxKind.QuestionToken];
  return !isArrow && (isOperator || opens.includes(before));
}

function isOperandEnd(token: TS.SyntaxKind): boolean {
  const words = [ts.SyntaxKind.ThisKeyword, ts.SyntaxKind.SuperKeyword, ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword, ts.SyntaxKind.NullKeyword];
  return (
    token === ts.SyntaxKind.Identifier ||
    token === ts.SyntaxKind.PrivateIdentifier ||
    (token >= ts.SyntaxKind.FirstLiteralToken && token <= ts.SyntaxKind.LastLiteralToken) ||
    token === ts.SyntaxKind.PlusPlusToken ||
    token === ts.SyntaxKind.MinusMinusToken ||
    words.includes(token)
  );
}
