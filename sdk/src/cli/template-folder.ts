import { existsSync } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { VcpError, nearest } from '../wire/index.js';

const parameterSchema = z.looseObject({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'array', 'object']), title: z.string().optional(), default: z.unknown().optional(), enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(), minimum: z.number().optional(), maximum: z.number().optional()
});
export type ParameterSpec = z.infer<typeof parameterSchema>;

const words = z.object({ en: z.string(), ja: z.string() });
const templateSchema = z.looseObject({
  id: z.string(), version: z.string(), title: words, summary: words, notebook: z.string(), providers: z.array(z.string()).default([]), minutes: z.number().optional(),
  parameters: z.looseObject({ properties: z.record(z.string(), parameterSchema).default({}) }).optional()
});
export type Template = z.infer<typeof templateSchema>;

/** A notebook to run: on its own, or of a template with declared parameters. */
export interface RunnableNotebook { readonly path: string; readonly template: Template | undefined }

/** Where the templates of this installation are: VCP_TEMPLATES, or beside this program. */
export function templatesFolder(): string | undefined {
  const given = process.env['VCP_TEMPLATES'];
  if (given !== undefined && given !== '') return resolve(given);
  const here = dirname(fileURLToPath(import.meta.url));
  return ['templates-notebooks', '../templates-notebooks', '../../templates-notebooks', '../../../templates-notebooks'].map(path => join(here, path)).find(path => existsSync(path));
}

export async function listTemplates(): Promise<readonly { readonly folder: string; readonly template: Template }[]> {
  const folder = templatesFolder();
  if (folder === undefined) return [];
  const entries = (await readdir(folder, { withFileTypes: true })).filter(entry => entry.isDirectory() && existsSync(join(folder, entry.name, 'template.json')));
  return Promise.all(entries.map(async entry => ({ folder: join(folder, entry.name), template: await readTemplate(join(folder, entry.name)) })));
}

/**
 * Finds what `vcp run` was given: a notebook file, a template's folder, or a template's id.
 * @throws VcpError not_found naming the nearest template.
 */
export async function findNotebook(word: string): Promise<RunnableNotebook> {
  const found = await stat(word).catch(() => undefined);
  if (found?.isFile() === true) return { path: resolve(word), template: existsSync(join(dirname(resolve(word)), 'template.json')) ? await templateOfFile(resolve(word)) : undefined };
  if (found?.isDirectory() === true) return notebookOf(resolve(word));
  const templates = await listTemplates();
  const template = templates.find(candidate => candidate.template.id === word);
  if (template !== undefined) return notebookOf(template.folder);
  const near = nearest(word, templates.map(candidate => candidate.template.id));
  throw new VcpError('not_found', `There is no template and no notebook “${word}”.`, { hint: near === undefined ? 'List the templates with: vcp templates' : `Did you mean “${near}”?` });
}

async function templateOfFile(path: string): Promise<Template | undefined> {
  const template = await readTemplate(dirname(path));
  return template.notebook === basename(path) ? template : undefined;
}

async function notebookOf(folder: string): Promise<RunnableNotebook> {
  if (!existsSync(join(folder, 'template.json'))) throw new VcpError('not_found', `${folder} is not a template: it has no template.json.`, { hint: 'Name a template, or a notebook (.ipynb).' });
  const template = await readTemplate(folder);
  return { path: join(folder, template.notebook), template };
}

async function readTemplate(folder: string): Promise<Template> {
  try {
    return templateSchema.parse(JSON.parse(await readFile(join(folder, 'template.json'), 'utf8')));
  } catch (error) {
    throw new VcpError('invalid_request', `${join(folder, 'template.json')} is not a template's description.`, { hint: error instanceof z.ZodError ? error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ') : 'Is it readable JSON?', cause: error });
  }
}

/**
 * Values of `-p name=value`, by the types that the template declares; without a declaration, JSON or else text.
 * @throws VcpError invalid_request naming the parameter and what it wants.
 */
export function readParameters(given: readonly string[], template: Template | undefined): Readonly<Record<string, unknown>> {
  const specs = template?.parameters?.properties;
  return Object.fromEntries(given.map(word => {
    const match = /^([A-Za-z_$][\w$]*)=([\s\S]*)$/.exec(word);
    if (match === null) throw new VcpError('invalid_request', `“${word}” does not set a parameter.`, { hint: 'Write -p name=value.' });
    const [, name = '', text = ''] = match;
    const spec = specs?.[name];
    if (specs !== undefined && spec === undefined) {
      const near = nearest(name, Object.keys(specs));
      throw new VcpError('invalid_request', `The template has no parameter “${name}”.`, { hint: near === undefined ? `It has: ${Object.keys(specs).join(', ') || 'none'}.` : `Did you mean “${near}”?` });
    }
    return [name, spec === undefined ? guess(text) : typed(name, text, spec)];
  }));
}

function guess(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function typed(name: string, text: string, spec: ParameterSpec): unknown {
  const value = spec.type === 'string' ? text : guess(text);
  const wrong = (what: string): VcpError => new VcpError('invalid_request', `The parameter ${name} ${what}, not “${text}”.`);
  const fits = { string: typeof value === 'string', integer: Number.isInteger(value), number: typeof value === 'number', boolean: typeof value === 'boolean', array: Array.isArray(value), object: typeof value === 'object' && value !== null && !Array.isArray(value) }[spec.type];
  if (!fits) throw wrong(`must be of type ${spec.type}`);
  if (spec.enum !== undefined && !spec.enum.includes(value)) throw wrong(`must be one of ${spec.enum.map(String).join(', ')}`);
  if (typeof value === 'string' && spec.pattern !== undefined && !new RegExp(spec.pattern, 'u').test(value)) throw wrong(`must match ${spec.pattern}`);
  if (typeof value === 'number' && spec.minimum !== undefined && value < spec.minimum) throw wrong(`must be at least ${spec.minimum}`);
  if (typeof value === 'number' && spec.maximum !== undefined && value > spec.maximum) throw wrong(`must be at most ${spec.maximum}`);
  return value;
}
