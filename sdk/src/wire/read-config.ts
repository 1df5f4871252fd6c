import { checkCompose, checkDocument, type Checked } from './config-check.js';
import type { ComposeDocument } from './compose.js';
import type { VcDocument } from './config.js';
import type { Finding } from './config-rules.js';
import { VcpError, type ErrorPlace } from './errors.js';
import { parseYaml, type YamlSource } from './yaml-source.js';

export interface ReadOptions {
  /** Name shown in errors. */
  readonly file?: string;
  /** Lines before the text where it came from. */
  readonly lineOffset?: number;
}

/**
 * Reads a virtual cloud's document from YAML.
 * @throws VcpError invalid_request with file, line, column, path and nearest value of every mistake.
 */
export function readVcYaml(text: string, options: ReadOptions = {}): VcDocument {
  return readVcDocument(text, options).document;
}

/** A document that still knows where each of its values stood. */
export interface LocatedDocument {
  readonly document: VcDocument;
  /** Line and column of a place of the document. */
  place(finding: Finding): ErrorPlace;
  /** Adds file, line and column to an error that names places by path only, as the controller's do. */
  locate(error: VcpError): VcpError;
}

/** The same as readVcYaml, keeping the places. @throws VcpError invalid_request, too_large. */
export function readVcDocument(text: string, options: ReadOptions = {}): LocatedDocument {
  const { value, source } = read(text, options, checkDocument, 'configuration');
  return {
    document: value,
    place: source.place,
    locate: error => (error.at.some(place => place.path !== undefined && place.line === undefined) ? new VcpError(error.code, error.message, {
      ...error.toJSON(), cause: error,
      at: error.at.map(place => (place.path === undefined || place.line !== undefined ? place : { ...source.place({ path: partsOf(place.path), message: place.message }), ...place }))
    }) : error)
  };
}

function partsOf(path: string): Finding['path'] {
  return path.split('.').map(part => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Reads a compose file (the documented subset). @throws VcpError invalid_request. */
export function readComposeYaml(text: string, options: ReadOptions = {}): ComposeDocument {
  return read(text, options, checkCompose, 'compose file').value;
}

/** Checks a document that came as JSON. @throws VcpError invalid_request with the path of every mistake. */
export function readVcObject(input: unknown): VcDocument {
  return accept(checkDocument(input), 'configuration', finding => ({ path: finding.path.join('.'), message: finding.message, ...(finding.nearest === undefined ? {} : { nearest: finding.nearest }) }));
}

function read<T>(text: string, options: ReadOptions, check: (input: unknown) => Checked<T>, what: string): { readonly value: T; readonly source: YamlSource } {
  const source: YamlSource = parseYaml(text, options.file ?? what, options.lineOffset);
  return { value: accept(check(source.value), options.file ?? what, source.place), source };
}

function accept<T>(checked: Checked<T>, what: string, place: (finding: Finding) => ErrorPlace): T {
  if (checked.ok) return checked.value;
  const at = checked.findings.map(place).sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  throw new VcpError('invalid_request', at.length === 1 ? `The ${what} has a mistake: ${describePlace(at[0]!)}` : `The ${what} has ${at.length} mistakes.`, { at, hint: at[0]?.nearest === undefined ? 'Mend the marked place and run it again.' : `Did you mean “${at[0].nearest}”?` });
}

/** `cluster.yml:4:11 units.0.count: must be …` */
export function describePlace(place: ErrorPlace): string {
  const where = [place.file, place.line, place.column].filter(part => part !== undefined).join(':');
  const near = place.nearest === undefined ? '' : ` Did you mean “${place.nearest}”?`;
  return `${where}${where === '' ? '' : ' '}${place.message}${near}`;
}
