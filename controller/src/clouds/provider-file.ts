import { readFileSync } from 'node:fs';
import { nearest, parseYaml, VcpError, type ErrorPlace, type YamlSource } from '@jupyterlab-vcp/sdk/wire';
import { z } from 'zod';
import { overrideSchema } from './override-schema.js';

const priceSchema = z.union([
  z.literal('none'),
  z.strictObject({ perHour: z.number().min(0), currency: z.string().min(1), asOf: z.iso.date(), note: z.string().optional() })
]);

const sizeSchema = z.strictObject({
  cpu: z.number().positive(),
  memoryGiB: z.number().positive(),
  gpu: z.number().int().min(0).default(0),
  /** Absent: the provider gives what it has. */
  diskGiB: z.number().positive().nullable().default(null)
});

const name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and "-"');

const providerFileSchema = z.strictObject({
  version: z.literal(1),
  name,
  title: z.string().min(1),
  /** The folder in `apis/` that knows how to talk to this cloud. */
  api: name,
  notice: z.string().min(1).optional(),
  regions: z.array(z.strictObject({ name, title: z.string().min(1), reach: z.enum(['direct', 'gateway']) })).min(1),
  flavors: z.array(z.strictObject({ name, size: sizeSchema, price: priceSchema, override: z.record(z.string(), z.unknown()).default({}) })).min(1),
  specSchema: z.record(z.string(), z.unknown())
});

/** A provider as its catalog file describes it. */
export type ProviderFile = z.infer<typeof providerFileSchema>;

/** @throws VcpError invalid_request naming file, line and column of every mistake; not_found. */
export function readProviderFile(path: string): ProviderFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new VcpError('not_found', `The provider file ${path} cannot be read.`, { hint: 'Install the product again, or name another catalog folder.', cause: error });
  }
  return parseProviderFile(text, path);
}

/** @throws VcpError invalid_request naming file, line and column of every mistake. */
export function parseProviderFile(text: string, file: string): ProviderFile {
  const source = parseYaml(text, file);
  const parsed = providerFileSchema.safeParse(source.value);
  const at = parsed.success ? [...repeated(parsed.data, source), ...brokenSpecSchema(parsed.data, source)] : parsed.error.issues.flatMap(issue => places(issue, source));
  if (!parsed.success || at.length > 0) {
    const first = at[0];
    throw new VcpError('invalid_request', `The provider file ${file} is not valid${first === undefined ? '' : `: line ${first.line}, column ${first.column}: ${first.message}`}`, { at, hint: 'Mend the marked place.' });
  }
  return parsed.data;
}

function places(issue: z.core.$ZodIssue, source: YamlSource): readonly ErrorPlace[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path);
    return issue.keys.map(key => {
      const near = nearest(key, known);
      return source.place({ path: [...path, key], atKey: true, message: `“${key}” is not a key here; known are: ${known.join(', ')}.`, ...(near === undefined ? {} : { nearest: near }) });
    });
  }
  const missing = issue.code === 'invalid_type' && issue.input === undefined && valueAt(source.value, path) === undefined;
  return [source.place({ path, message: missing ? `“${path.join('.')}” is missing.` : `“${path.join('.')}”: ${issue.message}.` })];
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, part) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[String(part)] : undefined), value);
}

/** The keys that the schema knows at a place; list positions do not matter. */
function keysAt(path: readonly (string | number)[]): readonly string[] {
  let schema: unknown = providerFileSchema;
  for (const part of path) {
    const inner = unwrap(schema);
    if (inner instanceof z.ZodArray) schema = inner.element;
    else if (inner instanceof z.ZodObject) schema = inner.shape[String(part)];
    else if (inner instanceof z.ZodUnion) schema = inner.options.map(unwrap).find(option => option instanceof z.ZodObject);
  }
  const found = unwrap(schema);
  const object = found instanceof z.ZodUnion ? found.options.map(unwrap).find(option => option instanceof z.ZodObject) : found;
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? unwrap(schema.unwrap()) : schema;
}

function repeated(file: ProviderFile, source: YamlSource): readonly ErrorPlace[] {
  return (['regions', 'flavors'] as const).flatMap(list => file[list].flatMap((item, index) => (
    file[list].findIndex(other => other.name === item.name) === index ? [] : [source.place({ path: [list, index, 'name'], message: `“${item.name}” stands twice in ${list}.` })]
  )));
}

function brokenSpecSchema(file: ProviderFile, source: YamlSource): readonly ErrorPlace[] {
  try {
    overrideSchema(file.specSchema);
    return [];
  } catch (error) {
    return [source.place({ path: ['specSchema'], atKey: true, message: `specSchema is not a JSON Schema that can be used: ${error instanceof Error ? error.message : String(error)}` })];
  }
}
