import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { IPV4_CIDR, VcpError, homeFolder, nearest, parseYaml, type Finding } from '@jupyterlab-vcp/sdk/wire';
import * as z from 'zod';

const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** `<VCP_HOME>/settings.yml`; every key may be absent. Variables of the environment win over the file. */
const fileSchema = z.strictObject({
  /** How much is written to the log. `VCP_LOG_LEVEL`. */
  logLevel: z.enum(LOG_LEVELS).default('info'),
  /** Range from which virtual clouds without `network.cidr` get their addresses. `VCP_ADDRESS_POOL`. */
  addressPool: z.string().regex(IPV4_CIDR, 'must be an IPv4 range such as 10.64.0.0/10').default('10.64.0.0/10'),
  /** Events that are kept for readers who come back. */
  keptEvents: z.number().int().min(100).max(1_000_000).default(20_000),
  /** Largest size of one log file, in MiB; three older ones are kept. */
  logFileMiB: z.number().positive().max(1024).default(8),
  /** Absolute path of the socket, where the one in the runtime folder does not suit. `VCP_SOCKET`. */
  socket: z.string().regex(/^\//, 'must be an absolute path').optional()
});

export type Settings = z.infer<typeof fileSchema> & { readonly home: string };

const FROM_ENVIRONMENT = { VCP_LOG_LEVEL: 'logLevel', VCP_ADDRESS_POOL: 'addressPool', VCP_SOCKET: 'socket' } as const;

/**
 * Reads the settings of this controller.
 * @throws VcpError invalid_request naming the file with line and column, or the variable, and what it wants.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const home = resolve(homeFolder(environment, homedir()));
  const fromFile = readSettingsFile(join(home, 'settings.yml'));
  const fromEnvironment: Record<string, string> = {};
  for (const [variable, key] of Object.entries(FROM_ENVIRONMENT)) {
    const value = environment[variable];
    if (value === undefined || value === '') continue;
    const checked = fileSchema.shape[key].safeParse(value);
    if (!checked.success) throw new VcpError('invalid_request', `${variable} is ${JSON.stringify(value)}: ${words(checked.error.issues[0]!)}.`, { hint: `Mend or unset ${variable}.` });
    fromEnvironment[key] = value;
  }
  return { ...fileSchema.parse({ ...fromFile, ...fromEnvironment }), home };
}

function readSettingsFile(file: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    // A folder that cannot be there is complained about where it is written to.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return {};
    throw new VcpError('invalid_request', `${file} cannot be read.`, { hint: 'Look at its permissions.', cause: error });
  }
  const source = parseYaml(text, file);
  const checked = fileSchema.safeParse(source.value ?? {});
  if (checked.success) return source.value === null ? {} : source.value as Readonly<Record<string, unknown>>;
  const at = checked.error.issues.flatMap(findingsOf).map(finding => source.place(finding));
  throw new VcpError('invalid_request', `${file} has ${at.length === 1 ? 'a mistake' : `${at.length} mistakes`}: ${at[0]!.message}.`, { at, hint: at[0]!.nearest === undefined ? 'Mend the marked place.' : `Did you mean “${at[0]!.nearest}”?` });
}

function findingsOf(issue: z.core.$ZodIssue): readonly Finding[] {
  const path = issue.path.map(part => (typeof part === 'number' ? part : String(part)));
  if (issue.code !== 'unrecognized_keys') return [{ path, message: `“${path.join('.') || 'the document'}” ${words(issue)}` }];
  return issue.keys.map(key => {
    const near = nearest(key, Object.keys(fileSchema.shape));
    return { path: [...path, key], atKey: true, message: `“${key}” is not a setting`, ...(near === undefined ? {} : { nearest: near }) };
  });
}

function words(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_value' ? `must be ${issue.values.map(value => String(value)).join(', ')}` : issue.message;
}
