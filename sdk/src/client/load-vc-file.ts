import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import {
  LARGEST_YAML_BYTES, VcpError, checkDocument, fileReferences, readComposeYaml, readVcDocument, readVcObject,
  type ErrorPlace, type FileReference, type Finding, type LocatedDocument, type VcDocument, type VcInput
} from '../wire/index.js';

const LARGEST_SCRIPT_BYTES = 262_144;

/**
 * Reads a virtual cloud's document from a YAML file, with the compose files and scripts that it names put in their place.
 * @throws VcpError invalid_request with file, line and column of every mistake; not_found; too_large.
 */
export async function loadVcFile(path: string): Promise<LocatedDocument> {
  const located = readVcDocument(await readText(path, LARGEST_YAML_BYTES), { file: path });
  return { ...located, document: await resolveFiles(located.document, dirname(resolve(path)), located) };
}

/**
 * Reads a document as it is given to plan and apply: YAML text, the path of a `.yml` or `.yaml` file, or an object.
 * Files that YAML text or an object names are relative to the working folder.
 */
export async function loadVcInput(config: string | VcInput, lineOffset = 0): Promise<LocatedDocument> {
  if (typeof config !== 'string') {
    const document = await resolveFiles(readVcObject(config), process.cwd());
    return { document, place: finding => ({ path: finding.path.join('.'), message: finding.message }), locate: error => error };
  }
  if (!config.includes('\n') && /\.ya?ml$/i.test(config.trim())) return loadVcFile(config.trim());
  const located = readVcDocument(config, { lineOffset });
  return { ...located, document: await resolveFiles(located.document, process.cwd(), located) };
}

/** Puts the content of the files that a document names in their place. The document given is not changed. */
export async function resolveFiles(document: VcDocument, baseDir: string, located?: Pick<LocatedDocument, 'place'>): Promise<VcDocument> {
  const references = fileReferences(document);
  if (references.length === 0) return document;
  const resolved = structuredClone(document);
  const mistakes: ErrorPlace[] = [];
  for (const reference of references) {
    try {
      put(resolved, reference, await contentOf(reference, baseDir));
    } catch (error) {
      if (!(error instanceof VcpError)) throw error;
      const finding: Finding = { path: reference.path, message: error.message };
      mistakes.push(...(error.at.length > 0 ? error.at : [located?.place(finding) ?? { path: finding.path.join('.'), message: finding.message }]));
    }
  }
  if (mistakes.length > 0) throw new VcpError('invalid_request', mistakes.length === 1 ? `A file that the configuration names has a mistake: ${mistakes[0]!.message}` : `The files that the configuration names have ${mistakes.length} mistakes.`, { at: mistakes, hint: 'Paths are relative to the folder of the configuration file.' });
  const checked = checkDocument(resolved);
  return checked.ok ? checked.value : readVcObject(resolved);
}

async function contentOf(reference: FileReference, baseDir: string): Promise<unknown> {
  const path = reference.file.startsWith('~/') ? join(homedir(), reference.file.slice(2)) : isAbsolute(reference.file) ? reference.file : join(baseDir, reference.file);
  if (reference.kind === 'script') return readText(path, LARGEST_SCRIPT_BYTES, reference.file);
  return readComposeYaml(await readText(path, LARGEST_YAML_BYTES, reference.file), { file: reference.file });
}

function put(document: VcDocument, reference: FileReference, value: unknown): void {
  let holder = document as unknown as Record<string | number, unknown>;
  for (const part of reference.path.slice(0, -1)) holder = holder[part] as Record<string | number, unknown>;
  holder[reference.path.at(-1)!] = value;
}

async function readText(path: string, largestBytes: number, shown = path): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new VcpError('not_found', `${shown} ${error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code ?? 'unknown reason'})`}.`, { hint: `Looked for at ${path}.`, cause: error });
  });
  if (!found.isFile()) throw new VcpError('invalid_request', `${shown} is not a file.`, { hint: 'Name a file.' });
  if (found.size > largestBytes) {
    throw new VcpError('too_large', `${shown} has ${(found.size / 1_048_576).toFixed(1)} MiB; at most ${largestBytes / 1024} KiB are read.`, { hint: 'Keep large files out of the configuration: copy them to the nodes with vcp cp.' });
  }
  const bytes = await readFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new VcpError('invalid_request', `${shown} is not UTF-8 text.`, { hint: 'Save it as UTF-8.', cause: error });
  }
}
