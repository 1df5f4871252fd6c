import { VcpError } from '@jupyterlab-vcp/sdk/wire';

/** Thrown with the place in the compose document: `web.mem_limit`. */
export function refuse(place: string, message: string, hint?: string): never {
  throw new VcpError('invalid_request', `${place}: ${message}`, { ...(hint === undefined ? {} : { hint }), at: [{ path: place, message }] });
}

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, kb: 1024, m: 1024 ** 2, mb: 1024 ** 2, g: 1024 ** 3, gb: 1024 ** 3 };

/** `64m`, `1.5gb`, `1024`. */
export function parseBytes(value: string | number, place: string): number {
  if (typeof value === 'number') return value;
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value.trim());
  const unit = UNITS[(match?.[2] ?? '').toLowerCase()];
  if (match === null || unit === undefined) refuse(place, `${JSON.stringify(value)} is no size`, 'Write for example 512m or 2g.');
  return Math.round(Number(match[1]) * unit);
}

const SECONDS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** `10s`, `1m30s`: seconds, rounded up. */
export function parseSeconds(value: string, place: string): number {
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(value)) refuse(place, `${JSON.stringify(value)} is no duration`, 'Write for example 10s or 1m30s.');
  let seconds = 0;
  for (const [, number, unit] of value.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)) seconds += Number(number) * (SECONDS[unit ?? 's'] ?? 1);
  return Math.ceil(seconds);
}

/** Words as a shell splits them: blanks, '…', "…", \. No expansion of any kind. */
export function splitWords(text: string, place: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote === "'") {
      if (char === "'") quote = '';
      else word += char;
    } else if (char === '\\' && (quote === '' || '"\\$`\n'.includes(text.charAt(at + 1)))) {
      at += 1;
      if (at >= text.length) refuse(place, 'ends with a lone "\\"');
      if (text.charAt(at) !== '\n') word = (word ?? '') + text.charAt(at);
    } else if (quote === '"') {
      if (char === '"') quote = '';
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (quote !== '') refuse(place, `a ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  return words;
}

/**
 * Compose replaces `$NAME` by variables of the machine that runs it; here there is no such machine, so only `$$` (one dollar) is taken.
 * Applied to every text of a service.
 */
export function undollar<T>(value: T, place: string): T {
  if (typeof value === 'string') {
    return value.replaceAll(/\$(\$|\{[^}]*\}?|[A-Za-z_][A-Za-z0-9_]*)/g, (found, what: string) => {
      if (what !== '$') refuse(place, `${found} would be a variable of the machine that runs Compose, and there is none`, `Write $${found} for a variable inside the container.`);
      return '$';
    }) as T;
  }
  if (Array.isArray(value)) return value.map((item: unknown, index) => undollar(item, `${place}[${index}]`)) as T;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, undollar<unknown>(item, `${place}.${key}`)])) as T;
  }
  return value;
}

/** `{A: 1, B: null}` or `["A=1", "B"]` as `A=1`, `B`. A name without a value takes the variable away from the image's. */
export function variables(value: Readonly<Record<string, string | number | boolean | null>> | readonly string[] | undefined, place: string): readonly string[] {
  if (value === undefined) return [];
  const entries = Array.isArray(value)
    ? (value as readonly string[]).map(text => (text.includes('=') ? [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] as const : [text, null] as const))
    : Object.entries(value as Readonly<Record<string, string | number | boolean | null>>);
  return entries.map(([name, content]) => {
    if (name === '' || /[\s\0]/.test(name)) refuse(place, `${JSON.stringify(name)} is no name`);
    return content === null ? name : `${name}=${String(content)}`;
  });
}

export interface PortMapping { readonly hostIp: string; readonly hostPort: string; readonly containerPort: string }

/** `8080`, `8080:80`, `8080:80/udp`, `127.0.0.1:8080:80`. */
export function parsePort(value: string | number, place: string): PortMapping {
  const match = /^(?:(?:(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):)?(\d*):)?(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(String(value));
  if (match === null) refuse(place, `${JSON.stringify(value)} is no port`, 'Write PORT, HOSTPORT:PORT or ADDRESS:HOSTPORT:PORT, and /udp after it where it is not TCP. Ranges are not supported.');
  const [, ip = '', host = '', container = '', protocol = 'tcp'] = match;
  for (const port of [host, container]) if (port !== '' && (Number(port) < 1 || Number(port) > 65535)) refuse(place, `port ${port} does not exist`);
  return { hostIp: ip.replace(/^\[|\]$/g, ''), hostPort: host, containerPort: `${container}/${protocol.toLowerCase()}` };
}
