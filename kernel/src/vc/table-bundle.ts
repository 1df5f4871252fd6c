import { escapeHtml } from '../exec/escape-html.js';
import type { MimeBundle } from '../exec/mime-bundle.js';
import { textTable } from '../exec/text-table.js';

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface TablesView {
  /** Names what the tables are about; the virtual cloud is always part of it. */
  readonly title: string;
  readonly tables: readonly Table[];
  readonly notes?: readonly string[];
}

/** Tables in HTML, and the same in text. */
export function tablesBundle({ title, tables, notes = [] }: TablesView): MimeBundle {
  const shown = tables.filter(({ rows }) => rows.length > 0);
  return {
    'text/html': `<div class="vcp-output"><p><strong>${escapeHtml(title)}</strong></p>${shown.map(htmlTable).join('')}${notes.map((note) => `<p>${escapeHtml(note)}</p>`).join('')}</div>`,
    'text/plain': [title, ...shown.map(({ columns, rows }) => textTable(columns, rows)), ...notes].join('\n')
  };
}

function htmlTable({ columns, rows }: Table): string {
  const head = columns.map((column) => `<th scope="col" style="text-align:left">${escapeHtml(column)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td style="text-align:left">${escapeHtml(cell)}</td>`).join('')}</tr>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

/** One line, in both. */
export function lineBundle(line: string): MimeBundle {
  return { 'text/html': `<div class="vcp-output">${escapeHtml(line)}</div>`, 'text/plain': line };
}
