import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type ParsedNode } from 'yaml';
import type { Finding, Path } from './config-rules.js';
import { VcpError, type ErrorPlace } from './errors.js';

/** A document longer than this is refused before it is parsed. */
export const LARGEST_YAML_BYTES = 1_048_576;
const LARGEST_ALIAS_COUNT = 50;

/** A parsed YAML text that still knows on which line each value stood. */
export interface YamlSource {
  readonly value: unknown;
  place(finding: Finding): ErrorPlace;
}

/**
 * Parses one YAML 1.2 document (core schema: no dates, `yes` and `no` are words).
 * @param file name shown in errors
 * @param lineOffset lines that stand before the text where it came from (a cell's magic line counts 1)
 * @throws VcpError invalid_request with line and column of each mistake; too_large.
 */
export function parseYaml(text: string, file: string, lineOffset = 0): YamlSource {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > LARGEST_YAML_BYTES) {
    throw new VcpError('too_large', `${file} has ${(bytes / 1_048_576).toFixed(1)} MiB; a configuration may have 1 MiB.`, { hint: 'Keep large files out of the configuration: copy them to the nodes with vcp cp.' });
  }
  const counter = new LineCounter();
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const documents = parseAllDocuments(source, { lineCounter: counter, prettyErrors: false, schema: 'core', version: '1.2', uniqueKeys: true, stringKeys: true });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = counter.linePos(offset);
    return { line: line + lineOffset, column: col };
  };
  const list = 'empty' in documents ? [] : documents;
  const mistakes = list.flatMap(document => document.errors).map(error => ({ file, ...at(error.pos[0]), message: readable(error.message, source, error.pos[0]) }));
  if (mistakes.length > 0) throw new VcpError('invalid_request', `${file} is not readable YAML.`, { at: mistakes, hint: 'Mend the marked place.' });
  if (list.length > 1) {
    const second = list[1]!;
    throw new VcpError('invalid_request', `${file} holds ${list.length} documents; one is expected.`, { at: [{ file, ...at(second.range[0]), message: 'a second document begins here' }], hint: 'Put each virtual cloud into a file of its own.' });
  }
  const document = list[0] as Document.Parsed | undefined;
  return { value: toValue(document, file), place: finding => ({ file, ...at(document === undefined ? 0 : offsetOf(document, finding.path, finding.atKey === true)), path: finding.path.join('.'), message: finding.message, ...(finding.nearest === undefined ? {} : { nearest: finding.nearest }) }) };
}

function toValue(document: Document.Parsed | undefined, file: string): unknown {
  try {
    return document?.toJS({ maxAliasCount: LARGEST_ALIAS_COUNT }) ?? null;
  } catch (error) {
    throw new VcpError('invalid_request', `${file} repeats parts of itself too often (YAML aliases).`, { hint: 'Write the values out instead of *aliases of aliases.', cause: error });
  }
}

function readable(message: string, source: string, offset: number): string {
  const lineStart = source.lastIndexOf('\n', offset - 1) + 1;
  return /^[ ]*\t/.test(source.slice(lineStart)) ? 'a tab stands in the indentation; YAML wants spaces' : message;
}

function offsetOf(document: Document.Parsed, path: Path, wantKey: boolean): number {
  let node: ParsedNode | null = document.contents;
  let offset = node?.range[0] ?? 0;
  for (const [index, part] of path.entries()) {
    if (node !== null && isAlias(node)) node = (node.resolve(document) ?? null) as ParsedNode | null;
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && String(item.key.value) === String(part));
      const key = pair?.key as ParsedNode | undefined;
      const value = pair?.value as ParsedNode | null | undefined;
      if (key === undefined) return offset;
      const last = index === path.length - 1;
      offset = (last && wantKey) || value === null || value === undefined ? key.range[0] : value.range[0];
      node = value ?? null;
    } else if (isSeq(node)) {
      const item: ParsedNode | undefined = node.items[Number(part)] as ParsedNode | undefined;
      if (item === undefined) return offset;
      offset = item.range[0];
      node = item;
    } else return offset;
  }
  return offset;
}
