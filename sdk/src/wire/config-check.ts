import type { z } from 'zod';
import { composeSchema, composeServiceSchema, type ComposeDocument } from './compose.js';
import { portableSizeSchema, unitSchema, vcDocumentSchema, FLAVOR_NAMES, type VcDocument } from './config.js';
import { crossChecks, literalSecrets, unavailableKeys, type Finding, type Path } from './config-rules.js';
import { suggestName } from './names.js';
import { nearest } from './nearest.js';

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly findings: readonly Finding[] };

/** Checks a parsed document (from YAML, JSON or code) against the whole of the language. Pure. */
export function checkDocument(input: unknown): Checked<VcDocument> {
  const early = [...unavailableKeys(input), ...literalSecrets(input)];
  const earlyPaths = early.map(finding => finding.path);
  const parsed = vcDocumentSchema.safeParse(input ?? {});
  const schemaFindings = parsed.success ? [] : parsed.error.issues.flatMap(issue => fromIssue(issue, input)).filter(finding => !earlyPaths.some(path => startsWith(finding.path, path)));
  const late = parsed.success ? crossChecks(parsed.data) : [];
  const findings = withoutConsequences([...early, ...schemaFindings, ...late]);
  return findings.length === 0 && parsed.success ? { ok: true, value: parsed.data } : { ok: false, findings };
}

/** Checks a compose document alone (for `%%compose` and files that `apps:` names). */
export function checkCompose(input: unknown): Checked<ComposeDocument> {
  const parsed = composeSchema.safeParse(input ?? {});
  const findings = withoutConsequences([...literalSecrets(input), ...(parsed.success ? [] : parsed.error.issues.flatMap(issue => fromIssue(issue, input)))]);
  return findings.length === 0 && parsed.success ? { ok: true, value: parsed.data } : { ok: false, findings };
}

/** A misspelt key makes the right one missing: one mistake, told once. */
function withoutConsequences(findings: readonly Finding[]): readonly Finding[] {
  const meant = new Set(findings.flatMap(({ atKey, nearest, path }) => (atKey === true && nearest !== undefined ? [[...path.slice(0, -1), nearest].join('.')] : [])));
  return findings.filter(({ atKey, path, message }) => atKey === true || !message.endsWith('is missing.') || !meant.has(path.join('.')));
}

function startsWith(path: Path, prefix: Path): boolean {
  return prefix.every((part, index) => path[index] === part);
}

type Issue = z.core.$ZodIssue;

function fromIssue(issue: Issue, input: unknown): readonly Finding[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => {
      const near = nearest(key, knownKeys(path));
      return { path: [...path, key], atKey: true, message: `“${key}” is not a key here${near === undefined ? `; known are: ${knownKeys(path).join(', ')}` : ''}.`, ...(near === undefined ? {} : { nearest: near }) };
    });
  }
  if (issue.code === 'invalid_union') return fromUnion(issue, path, input);
  if (issue.code === 'invalid_key') return [{ path, atKey: true, message: `“${String(path.at(-1))}” is not a name: a lower-case letter, then letters, digits, "-" or "_".` }];
  const value = valueAt(input, path);
  if (value === undefined && issue.code === 'invalid_type') return [{ path, message: `“${String(path.at(-1))}” is missing.` }];
  return [{ path, message: `${label(path)} ${plain(issue)}${shown(value)}.`, ...suggestion(path, value) }];
}

function fromUnion(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path, input: unknown): readonly Finding[] {
  const value = valueAt(input, path);
  if (value === undefined) return [{ path, message: `“${String(path.at(-1))}” is missing.` }];
  if (path.at(-1) === 'flavor' && typeof value !== 'object') {
    const near = typeof value === 'string' ? nearest(value, FLAVOR_NAMES) : undefined;
    return [{ path, message: `“${String(value)}” is not a flavor: ${FLAVOR_NAMES.join(', ')}, or a size {cpu, memoryGiB, gpu, diskGiB}.`, ...(near === undefined ? {} : { nearest: near }) }];
  }
  // The branch that got furthest is the one that was meant.
  const branch = issue.errors.map(issues => issues.flatMap(inner => fromIssue({ ...inner, path: [...path, ...inner.path] } as Issue, input)))
    .filter(findings => findings.some(finding => finding.path.length > path.length))[0];
  return branch ?? [{ path, message: `${label(path)} has the wrong form${shown(value)}.` }];
}

function plain(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type': return `must be ${issue.expected === 'int' ? 'a whole number' : article(issue.expected)}`;
    case 'too_small': return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big': return issue.origin === 'string' ? `must have at most ${issue.maximum} characters` : `must be at most ${issue.maximum}`;
    case 'invalid_value': return `must be ${issue.values.map(value => JSON.stringify(value)).join(' or ')}`;
    default: return issue.message;
  }
}

function article(word: string): string {
  const names: Readonly<Record<string, string>> = { string: 'text', number: 'a number', array: 'a list', object: 'a mapping', record: 'a mapping', boolean: 'true or false' };
  return names[word] ?? word;
}

function label(path: Path): string {
  return path.length === 0 ? 'The document' : `“${path.join('.')}”`;
}

function shown(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return '';
  const text = String(value);
  return `, not ${JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : value)}`;
}

function suggestion(path: Path, value: unknown): { readonly nearest?: string } {
  if (path.at(-1) !== 'name' || typeof value !== 'string') return {};
  const near = suggestName(value);
  return near === undefined || near === value ? {} : { nearest: near };
}

function knownKeys(path: Path): readonly string[] {
  const inApps = path.indexOf('apps');
  const rest = inApps >= 0 ? path.slice(inApps + 2) : path;
  if (inApps >= 0 || path[0] === 'services') return Object.keys(rest.includes('services') ? composeServiceSchema.shape : composeSchema.shape);
  if (path[0] === 'units') return Object.keys(path.at(-1) === 'flavor' ? portableSizeSchema.shape : unitSchema.shape);
  if (path[0] === 'network') return ['cidr'];
  return Object.keys(vcDocumentSchema.shape);
}

export function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
