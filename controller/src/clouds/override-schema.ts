import { nearest, VcpError, type ErrorPlace } from '@jupyterlab-vcp/sdk/wire';
import { z } from 'zod';

type JsonSchema = Readonly<Record<string, unknown>>;

/** Turns a provider's JSON Schema into a checker. @throws Error when the schema itself is not understood. */
export function overrideSchema(schema: JsonSchema): z.ZodType {
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
}

/**
 * Checks a unit's `override` against the provider's own schema.
 * @throws VcpError invalid_request with the path of every mistake, an unknown key with the nearest known one.
 */
export function checkOverride(provider: string, schema: JsonSchema, checker: z.ZodType, override: Readonly<Record<string, unknown>>): void {
  const parsed = checker.safeParse(override);
  if (parsed.success) return;
  const known = Object.keys((schema['properties'] as Record<string, unknown> | undefined) ?? {});
  const at = parsed.error.issues.flatMap(issue => places(issue, known));
  const near = at.find(place => place.nearest !== undefined)?.nearest;
  throw new VcpError('invalid_request', `The override for provider ${provider} is not valid: ${at.map(place => place.message).join(' ')}`, {
    at,
    hint: near === undefined ? `Known overrides of ${provider}: ${known.join(', ')}.` : `Did you mean “${near}”?`
  });
}

function places(issue: z.core.$ZodIssue, known: readonly string[]): readonly ErrorPlace[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => {
      const near = nearest(key, known);
      return { path: `override.${key}`, message: `“${key}” is not known; known are: ${known.join(', ')}.`, ...(near === undefined ? {} : { nearest: near }) };
    });
  }
  return [{ path: ['override', ...issue.path.map(String)].join('.'), message: `“${issue.path.map(String).join('.')}”: ${issue.message}.` }];
}
