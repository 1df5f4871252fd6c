import type { VcDocument } from './config.js';

export type Path = readonly (string | number)[];
export interface Finding {
  readonly path: Path;
  /** True when the place meant is the key, not its value. */
  readonly atKey?: boolean;
  readonly message: string;
  readonly nearest?: string;
}

/** Words of the configuration language whose feature does not exist in this version: refused by name. */
const NOT_AVAILABLE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '': {
    timeZone: 'time zones', lease: 'leases', budget: 'budgets', disks: 'disks', credentials: 'credentials of clouds'
  },
  network: { existing: 'existing networks' },
  units: { attach: 'disks', expose: 'public entrances', baseContainer: 'other base containers', schedule: 'schedules' }
};

/** Findings about keys that are legal in the language but not available in this version. */
export function unavailableKeys(document: unknown): readonly Finding[] {
  if (!isMapping(document)) return [];
  const found: Finding[] = [...unavailableIn(document, '', [])];
  if (isMapping(document['network'])) found.push(...unavailableIn(document['network'], 'network', ['network']));
  if (Array.isArray(document['units'])) {
    document['units'].forEach((unit: unknown, index) => {
      if (isMapping(unit)) found.push(...unavailableIn(unit, 'units', ['units', index]));
    });
  }
  return found;
}

function unavailableIn(mapping: Readonly<Record<string, unknown>>, where: string, path: Path): readonly Finding[] {
  const table = NOT_AVAILABLE[where] ?? {};
  return Object.keys(mapping).filter(key => key in table).map(key => ({
    path: [...path, key], atKey: true, message: `“${key}” is not available in this version (${table[key]}). Remove it.`
  }));
}

const SECRET_SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, 'an AWS access key'],
  [/\bgh[pousr]_[A-Za-z0-9]{36,}\b/, 'a GitHub token'],
  [/\bxox[abprs]-[A-Za-z0-9-]{10,}\b/, 'a Slack token'],
  [/\bhv[sb]\.[A-Za-z0-9_-]{20,}\b/, 'a Vault token']
];
const CREDENTIAL_KEY = /^(?:.*[_-])?(?:password|passwd|secret|secret_?access_?key|access_?key|api_?key|token)$/i;
const REFERENCE = /^(?:secret|vault):\/\//;

/**
 * Literal secrets anywhere in the document. The value itself never appears in a finding.
 * A key called like a credential (`DB_PASSWORD`) may hold a `secret://` reference only.
 */
export function literalSecrets(value: unknown, path: Path = []): readonly Finding[] {
  if (typeof value === 'string') {
    const shape = SECRET_SHAPES.find(([pattern]) => pattern.test(value));
    if (shape !== undefined) return [{ path, message: `holds what looks like ${shape[1]}. A document names secrets by reference (secret://…), it never holds them.` }];
    const key = path.at(-1);
    if (typeof key === 'string' && CREDENTIAL_KEY.test(key) && value !== '' && !REFERENCE.test(value)) {
      return [{ path, message: `“${key}” holds a literal value. A document names secrets by reference (secret://…), it never holds them.` }];
    }
    const assignment = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/.exec(value);
    if (assignment !== null && path.includes('environment') && CREDENTIAL_KEY.test(assignment[1]!) && !REFERENCE.test(assignment[2]!)) {
      return [{ path, message: `“${assignment[1]}” holds a literal value. A document names secrets by reference (secret://…), it never holds them.` }];
    }
    return [];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => literalSecrets(item, [...path, index]));
  if (isMapping(value)) return Object.entries(value).flatMap(([key, item]) => literalSecrets(item, [...path, key]));
  return [];
}

/** What a schema cannot say: names unique together, public keys that are public. */
export function crossChecks(document: VcDocument): readonly Finding[] {
  const found: Finding[] = [];
  const first = new Map<string, number>();
  document.units.forEach((unit, index) => {
    const earlier = first.get(unit.name);
    if (earlier === undefined) first.set(unit.name, index);
    else found.push({ path: ['units', index, 'name'], message: `“${unit.name}” is used twice: unit ${earlier + 1} of the list has that name already.` });
    unit.publicKeys?.forEach((key, keyIndex) => {
      if (!/^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/=]+(?: .*)?$/.test(key.trim())) {
        found.push({ path: ['units', index, 'publicKeys', keyIndex], message: 'is not an OpenSSH public key (one line such as “ssh-ed25519 AAAA… name”).' });
      }
    });
  });
  return found;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
