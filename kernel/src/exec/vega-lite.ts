import { inspectValue, type MimeBundle } from './mime-bundle.js';
import { textTable } from './text-table.js';

export const VEGA_LITE_MIME = 'application/vnd.vegalite.v5+json';
const MAX_ROWS = 20;

type Spec = Readonly<Record<string, unknown>>;

/** A chart, with a text that says the same to readers that draw none. */
export function vegaLiteBundle(spec: Spec): MimeBundle {
  return { [VEGA_LITE_MIME]: { $schema: 'https://vega.github.io/schema/vega-lite/v5.json', ...spec }, 'text/plain': describeChart(spec) };
}

function describeChart(spec: Spec): string {
  const title = typeof spec['title'] === 'string' ? spec['title'] : objectOf(spec['title'])['text'];
  const mark = typeof spec['mark'] === 'string' ? spec['mark'] : objectOf(spec['mark'])['type'];
  const channels = Object.entries(objectOf(spec['encoding'])).flatMap(([channel, definition]) => {
    const { field, aggregate } = objectOf(definition);
    if (field === undefined && aggregate === undefined) return [];
    return [`${channel}: ${aggregate === undefined ? String(field) : `${String(aggregate)}(${String(field ?? '')})`}`];
  });
  const head = [typeof title === 'string' ? title : 'Chart', `(${[mark ?? 'layers', ...channels].map(String).join(', ')})`].join(' ');
  const values = objectOf(spec['data'])['values'];
  if (!Array.isArray(values) || values.length === 0) return head;
  const rows = values.slice(0, MAX_ROWS).map(objectOf);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const table = textTable(columns, rows.map((row) => columns.map((column) => cellText(row[column]))));
  const rest = values.length - rows.length;
  return `${head}\n${table}${rest > 0 ? `\n… and ${rest} more rows` : ''}`;
}

function objectOf(value: unknown): Spec {
  return typeof value === 'object' && value !== null ? (value as Spec) : {};
}

function cellText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : inspectValue(value);
}
