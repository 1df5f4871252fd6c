import type { BodyFormat } from './magic-spec.js';
import { nearestName } from './nearest-name.js';
import { quoteForShell, ShellScanner } from './shell-quoting.js';
import { UsageError } from './usage-error.js';
import { findYamlContexts, renderYaml } from './yaml-interpolation.js';

/** The variables of a notebook, as interpolation sees them. */
export interface Variables {
  has(name: string): boolean;
  get(name: string): unknown;
  names(): readonly string[];
}

interface Placeholder {
  readonly start: number;
  readonly end: number;
  readonly path: string;
}

/** Marks an object that stands for a secret; its value must not become text of a cell. */
export const SECRET_MARK = Symbol.for('vcp.secret');

const PATH = /^[\p{L}$_][\p{L}\p{N}$_]*(?:\.[\p{L}$_][\p{L}\p{N}$_]*|\[\d+\])*$/u;
const SHELL_PATH = /^[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*$/u;

/**
 * Puts variables of the notebook into the body of a magic, for every `${name}`, written so that the reader of the body
 * gets exactly that value. `$${` stands for a plain `${`. An unknown name is an error with line and column.
 */
export function interpolate(body: string, format: BodyFormat, variables: Variables, firstLine: number): string {
  if (format === 'none' || !body.includes('${')) return body;
  return format === 'yaml' ? interpolateYaml(body, variables, firstLine) : interpolateShell(body, variables, firstLine);
}

/** Puts variables into one argument of a magic, as plain text. */
export function interpolateArgument(word: string, variables: Variables, line: number): string {
  return replaceAll(word, findPlaceholders(word, PATH), (placeholder) => {
    const value = lookUp(placeholder, variables, word, line);
    if (typeof value === 'object' && value !== null) throw problem(word, placeholder, line, `${placeholder.path} is not a text or a number`);
    return String(value);
  });
}

function interpolateYaml(body: string, variables: Variables, firstLine: number): string {
  const placeholders = findPlaceholders(body, PATH);
  const contexts = findYamlContexts(body, placeholders);
  return replaceAll(body, placeholders, (placeholder, index) => {
    const context = contexts[index] ?? 'plain-whole';
    if (context === 'comment') return body.slice(placeholder.start, placeholder.end);
    const value = lookUp(placeholder, variables, body, firstLine);
    const lineStart = body.lastIndexOf('\n', placeholder.start - 1) + 1;
    const indent = /^ */.exec(body.slice(lineStart))?.[0].length ?? 0;
    try {
      return renderYaml(value, context, indent);
    } catch (error) {
      throw problem(body, placeholder, firstLine, `${placeholder.path} ${error instanceof Error ? error.message : ''}`);
    }
  });
}

function interpolateShell(body: string, variables: Variables, firstLine: number): string {
  const scanner = new ShellScanner(body);
  return replaceAll(body, findPlaceholders(body, SHELL_PATH, true), (placeholder) => {
    const context = scanner.contextAt(placeholder.start);
    scanner.skipTo(placeholder.end);
    if (context.kind === 'comment') return body.slice(placeholder.start, placeholder.end);
    const value = lookUp(placeholder, variables, body, firstLine, `Write \$\${${placeholder.path}} for a variable of the shell.`);
    return quoteForShell(value, context, placeholder.path);
  });
}

/** With `onlyPaths`, other texts in braces are left alone: in a shell `${x:-y}` has a meaning of its own. */
function findPlaceholders(text: string, path: RegExp, onlyPaths = false): readonly Placeholder[] {
  const found: Placeholder[] = [];
  for (const match of text.matchAll(/(\$?)\$\{([^}\n]*)\}/g)) {
    const [whole, escape, inner = ''] = match;
    if (escape !== '') continue;
    const name = inner.trim();
    if (onlyPaths && !path.test(name)) continue;
    found.push({ start: match.index, end: match.index + whole.length, path: name });
  }
  return found;
}

function replaceAll(text: string, placeholders: readonly Placeholder[], replacement: (placeholder: Placeholder, index: number) => string): string {
  let result = '';
  let from = 0;
  placeholders.forEach((placeholder, index) => {
    result += unescape(text.slice(from, placeholder.start)) + replacement(placeholder, index);
    from = placeholder.end;
  });
  return result + unescape(text.slice(from));
}

function unescape(text: string): string {
  return text.replaceAll('$${', '${');
}

function lookUp(placeholder: Placeholder, variables: Variables, text: string, firstLine: number, hint?: string): unknown {
  const { path } = placeholder;
  if (!PATH.test(path)) {
    throw problem(text, placeholder, firstLine, `\${${path}} is not the name of a variable`, 'Put the value into a variable first, or write $${ for a plain ${.');
  }
  const [name = '', ...members] = path.split(/[.[\]]+/).filter((part) => part !== '');
  if (!variables.has(name)) {
    const near = nearestName(name, variables.names());
    throw problem(text, placeholder, firstLine, `there is no variable ${name} in this notebook`, near ? `Did you mean \${${near}}?` : hint);
  }
  let value = variables.get(name);
  for (const member of members) {
    refuseSecret(value, placeholder, text, firstLine);
    value = value === null || value === undefined ? undefined : (Reflect.get(Object(value), member) as unknown);
  }
  refuseSecret(value, placeholder, text, firstLine);
  if (value === undefined) throw problem(text, placeholder, firstLine, `${path} has no value yet`, 'Run the cell that sets it.');
  if (typeof value === 'function' || typeof value === 'symbol') throw problem(text, placeholder, firstLine, `${path} is a ${typeof value}`);
  return value;
}

/** Looks inside lists and objects too: a secret must not slip in as part of one. */
function refuseSecret(value: unknown, placeholder: Placeholder, text: string, firstLine: number): void {
  const seen = new Set<object>();
  const holdsSecret = (item: unknown): boolean => {
    if (typeof item !== 'object' || item === null || seen.has(item)) return false;
    seen.add(item);
    return SECRET_MARK in item || Object.values(item).some(holdsSecret);
  };
  if (holdsSecret(value)) {
    throw problem(text, placeholder, firstLine, `${placeholder.path} is a secret, and its value must not become part of a text`, 'Pass it by reference: secret://….');
  }
}

function problem(text: string, { start }: Placeholder, firstLine: number, what: string, hint?: string): UsageError {
  const before = text.slice(0, start).split('\n');
  const line = firstLine + before.length - 1;
  const column = (before.at(-1)?.length ?? 0) + 1;
  return new UsageError(`Line ${line}, column ${column}: ${what}.`, hint);
}
