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
  return read(text, options, checkDocument, 'configuration');
}

/** Reads a compose file (the documented subset). @throws VcpError invalid_request. */
export function readComposeYaml(text: string, options: ReadOptions = {}): ComposeDocument {
  return read(text, options, checkCompose, 'compose file');
}

/** Checks a document that came as JSON. @throws VcpError invalid_request with the path of every mistake. */
export function readVcObject(input: unknown): VcDocument {
  return accept(checkDocument(input), 'configuration', finding => ({ path: finding.path.join('.'), message: finding.message, ...(finding.nearest === undefined ? {} : { nearest: finding.nearest }) }));
}

function read<T>(text: string, options: ReadOptions, check: (input: unknown) => Checked<T>, what: string): T {
  const source: YamlSource = parseYaml(text, options.file ?? what, options.lineOffset);
  return accept(check(source.value), options.file ?? what, source.place);
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
