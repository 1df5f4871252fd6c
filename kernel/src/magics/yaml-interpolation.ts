import { Parser, type CST } from 'yaml';

/** Where in a YAML text a placeholder stands. */
export type YamlContext = 'comment' | 'plain-whole' | 'plain-part' | 'double-quoted' | 'single-quoted' | 'block';

interface ScalarSpan {
  readonly start: number;
  readonly end: number;
  readonly kind: CST.FlowScalar['type'] | 'block-scalar' | 'comment';
}

/**
 * Tells for each placeholder how the text around it is read. The placeholders themselves are hidden from the parser:
 * their braces would be flow syntax in a flow collection.
 */
export function findYamlContexts(text: string, placeholders: readonly { readonly start: number; readonly end: number }[]): readonly YamlContext[] {
  let hidden = text;
  for (const { start, end } of placeholders) hidden = hidden.slice(0, start) + 'x'.repeat(end - start) + hidden.slice(end);
  const spans: ScalarSpan[] = [];
  for (const token of new Parser().parse(hidden)) collect(token, spans);
  return placeholders.map(({ start, end }) => {
    const span = spans.find((candidate) => candidate.start <= start && end <= candidate.end);
    switch (span?.kind) {
      case 'comment':
        return 'comment';
      case 'double-quoted-scalar':
        return 'double-quoted';
      case 'single-quoted-scalar':
        return 'single-quoted';
      case 'block-scalar':
        return 'block';
      default:
        return span && (span.start < start || end < span.end) ? 'plain-part' : 'plain-whole';
    }
  });
}

/** A value as it has to be written at that place to be read back as itself. Throws with the reason when it cannot be. */
export function renderYaml(value: unknown, context: YamlContext, column: number): string {
  if (context === 'plain-whole') return renderWhole(value);
  if (typeof value === 'object' && value !== null) throw new Error('is a list or an object, and can only stand alone as a value');
  const text = scalarText(value);
  switch (context) {
    case 'double-quoted':
      return escapedJson(text).slice(1, -1);
    case 'single-quoted':
      if (/[\n\r]/.test(text)) throw new Error('has line breaks; put it between double quotes');
      return text.replaceAll("'", "''");
    case 'block':
      return text.replace(/\r?\n/g, `\n${' '.repeat(column)}`);
    default:
      if (text !== '' && !/^[\p{L}\p{N}_][\p{L}\p{N}_./-]*(?: [\p{L}\p{N}_][\p{L}\p{N}_./-]*)*$/u.test(text)) throw new Error(`would change the meaning of the text around it; put the whole value between double quotes`);
      return text;
  }
}

function renderWhole(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && !Number.isFinite(value)) return Number.isNaN(value) ? '.nan' : value > 0 ? '.inf' : '-.inf';
  if (typeof value === 'string') return isPlainWord(value) ? value : escapedJson(value);
  const json = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
  if (json === undefined) throw new Error('is not a value that YAML can hold');
  return escapeLineSeparators(json);
}

/** Words that no version of YAML takes for a number, a date, a truth value or null. */
function isPlainWord(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(text) && !/^(?:true|false|yes|no|on|off|null|y|n|nan|inf|infinity)$/i.test(text);
}

function scalarText(value: unknown): string {
  return typeof value === 'string' ? value : String(value);
}

function escapedJson(text: string): string {
  return escapeLineSeparators(JSON.stringify(text));
}

/** JSON leaves some characters as they are that YAML folds, breaks lines at, or does not admit. */
function escapeLineSeparators(json: string): string {
  return json.replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function collect(node: CST.Token | CST.SourceToken | null | undefined, spans: ScalarSpan[]): void {
  if (!node) return;
  if (node.type === 'comment') spans.push({ start: node.offset, end: node.offset + node.source.length, kind: 'comment' });
  if ('source' in node && (node.type === 'scalar' || node.type === 'double-quoted-scalar' || node.type === 'single-quoted-scalar')) {
    spans.push({ start: node.offset, end: node.offset + node.source.length, kind: node.type });
  }
  if (node.type === 'block-scalar') {
    // The node starts at its header; its text follows the header's line.
    const header = node.props.reduce((sum, prop) => sum + ('source' in prop ? prop.source.length : 0), 0);
    spans.push({ start: node.offset, end: node.offset + header + node.source.length, kind: 'block-scalar' });
    for (const prop of node.props) collect(prop, spans);
  }
  if ('start' in node && Array.isArray(node.start)) for (const token of node.start) collect(token, spans);
  if ('items' in node) for (const item of node.items) collectItem(item, spans);
  if ('value' in node && node.type === 'document') collect(node.value, spans);
  if ('end' in node && Array.isArray(node.end)) for (const token of node.end) collect(token, spans);
}

function collectItem(item: CST.CollectionItem, spans: ScalarSpan[]): void {
  for (const token of item.start) collect(token, spans);
  collect(item.key, spans);
  for (const token of item.sep ?? []) collect(token, spans);
  collect(item.value, spans);
}
