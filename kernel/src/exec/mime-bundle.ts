import { inspect } from 'node:util';
import type { Json } from '../io/message.js';

/** Representations of one value by MIME type. */
export type MimeBundle = Readonly<Record<string, unknown>>;

const JUPYTER_DISPLAY = Symbol.for('Jupyter.display');

/** Marks an object that stands for something already shown. */
export const SHOWN_MARK = Symbol('vcp.shown');

/**
 * The representations of a cell's result: its own, if it has the display method, else the text of the inspector.
 * `undefined` when there is nothing (more) to show.
 */
export async function bundleOf(value: unknown): Promise<MimeBundle | undefined> {
  if (value === undefined) return undefined;
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
    if (SHOWN_MARK in value) return undefined;
    const method: unknown = Reflect.get(value, JUPYTER_DISPLAY);
    if (typeof method === 'function') {
      const bundle: unknown = await Reflect.apply(method, value, []);
      if (typeof bundle === 'object' && bundle !== null) return withText(bundle as MimeBundle, () => inspectValue(value));
    }
  }
  return { 'text/plain': inspectValue(value) };
}

export function inspectValue(value: unknown): string {
  return inspect(value, { colors: false, depth: 4, maxArrayLength: 200, maxStringLength: 20_000 });
}

/** Makes a bundle fit to be sent: bytes as base64, everything as JSON, and always a `text/plain`. */
export function completeBundle(bundle: MimeBundle): Json {
  const data: Record<string, unknown> = {};
  for (const [type, value] of Object.entries(bundle)) {
    if (value === undefined) continue;
    if (value instanceof Uint8Array) data[type] = Buffer.from(value).toString('base64');
    else if (isJsonType(type)) data[type] = JSON.parse(JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)) ?? 'null');
    else data[type] = typeof value === 'string' ? value : inspectValue(value);
  }
  return withText(data, () => describeWithoutText(data));
}

function withText(bundle: MimeBundle, text: () => string): MimeBundle {
  return 'text/plain' in bundle ? bundle : { ...bundle, 'text/plain': text() };
}

function isJsonType(type: string): boolean {
  return /^application\/(?:.*\+)?json$/.test(type);
}

function describeWithoutText(data: MimeBundle): string {
  const markdown = data['text/markdown'];
  if (typeof markdown === 'string') return markdown;
  const html = data['text/html'];
  if (typeof html === 'string') return textOfHtml(html);
  return `<${Object.keys(data).join(', ') || 'nothing'}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ', '#39': "'" };

/** A rough reading of HTML for those who see no HTML. */
function textOfHtml(html: string): string {
  return html
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, '')
    .replace(/<(?:br|\/p|\/div|\/li|\/tr|\/h\d)\b[^>]*>/gi, '\n')
    .replace(/<\/t[dh]>/gi, '\t')
    .replace(/<[^>]*>/g, '')
    .replace(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .replace(/[ \t]+\n/g, '\n')
    .trim();
}
