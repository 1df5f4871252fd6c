import {
  VcpError, checkCompose, checkDocument, describePlace, fileReferences, nearest, type Checked, type ErrorPlace, type Finding, type VcDocument
} from '@jupyterlab-vcp/sdk/wire';
import type { FastifySchemaCompiler } from 'fastify';
import * as z from 'zod';

/**
 * Checks a part of a request by its zod schema. Documents inside of bodies are checked as in files first, so that an
 * unknown key, a literal secret or a key whose feature is not built is refused with the same words as there.
 */
export const validate: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => data => {
  const places = httpPart === 'body' ? placesInDocuments(data) : [];
  if (places.length > 0) return { error: refusal('configuration', places) };
  const parsed = schema.safeParse(data ?? {});
  if (parsed.success) return { value: parsed.data };
  return { error: refusal(httpPart === 'body' ? 'request' : httpPart === 'params' ? 'path' : 'query', parsed.error.issues.flatMap(issue => placesOf(issue, schema))) };
};

function refusal(what: string, at: readonly ErrorPlace[]): VcpError {
  const first = at[0]!;
  return new VcpError('invalid_request', at.length === 1 ? `The ${what} has a mistake: ${describePlace(first)}` : `The ${what} has ${at.length} mistakes.`, {
    at, hint: first.nearest === undefined ? 'Mend the marked place and send it again.' : `Did you mean “${first.nearest}”?`
  });
}

function placesInDocuments(body: unknown): readonly ErrorPlace[] {
  if (typeof body !== 'object' || body === null) return [];
  const { document, unit, compose } = body as Readonly<Record<string, unknown>>;
  return [
    ...(document === undefined ? [] : documentPlaces(document)),
    // A unit alone is checked as the only one of a document; its places are relative to itself.
    ...(unit === undefined ? [] : documentPlaces({ name: 'any-name', units: [unit] }).map(place => (place.path === undefined ? place : { ...place, path: place.path.replace(/^units\.0\.?/, 'unit.') }))),
    ...(compose === undefined ? [] : findingsOf(checkCompose(compose)).map(toPlace))
  ];
}

function documentPlaces(document: unknown): readonly ErrorPlace[] {
  const checked: Checked<VcDocument> = checkDocument(document);
  if (!checked.ok) return checked.findings.map(toPlace);
  return fileReferences(checked.value).map(reference => ({ path: reference.path.join('.'), message: `“${reference.file}” names a file, which the controller does not have; send its content (vcp apply and the SDK do that)` }));
}

function findingsOf(checked: Checked<unknown>): readonly Finding[] {
  return checked.ok ? [] : checked.findings;
}

function toPlace(finding: Finding): ErrorPlace {
  return { path: finding.path.join('.'), message: finding.message, ...(finding.nearest === undefined ? {} : { nearest: finding.nearest }) };
}

function placesOf(issue: z.core.$ZodIssue, schema: z.ZodType): readonly ErrorPlace[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = schema instanceof z.ZodObject && issue.path.length === 0 ? Object.keys(schema.shape) : [];
    return issue.keys.map(key => {
      const near = nearest(key, known);
      return { path: path === '' ? key : `${path}.${key}`, message: `“${key}” is not known here.`, ...(near === undefined ? {} : { nearest: near }) };
    });
  }
  return [{ path, message: path === '' ? issue.message : `“${path}”: ${issue.message}` }];
}
