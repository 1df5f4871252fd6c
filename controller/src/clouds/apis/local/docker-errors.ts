import { isVcpError, VcpError, type ErrorCode } from '@jupyterlab-vcp/sdk/wire';

export interface Classified { readonly error: VcpError; readonly retryable: boolean }

interface Meaning { readonly code: ErrorCode; readonly message: (text: string) => string; readonly hint: string; readonly retryable?: boolean }

const START_DOCKER = 'Start Docker: sudo systemctl start docker';

/** What the connection to the engine says, by the code of the system's error. */
const CONNECTION: Readonly<Record<string, Meaning>> = {
  ENOENT: { code: 'provider_unavailable', message: () => 'The Docker engine of this computer is not there: its socket does not exist.', hint: 'Install and start Docker: sudo apt-get install docker.io', retryable: true },
  ECONNREFUSED: { code: 'provider_unavailable', message: () => 'The Docker engine of this computer does not run.', hint: START_DOCKER, retryable: true },
  EACCES: { code: 'provider_denied', message: () => 'This user may not use the Docker engine of this computer.', hint: 'Add the user to the group docker, then log in anew: sudo usermod -aG docker "$USER"' },
  ...Object.fromEntries(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNABORTED'].map(code => [code, {
    code: 'provider_unavailable' as const, message: (text: string) => `The connection to the Docker engine broke off (${text}).`, hint: START_DOCKER, retryable: true
  }]))
};

/**
 * What the engine's answers mean. Docker has numbers for few of its failures, so its words are read here, and here alone.
 * The first that fits counts.
 */
const ANSWERS: readonly (readonly [pattern: RegExp, meaning: Meaning])[] = [
  [/no space left on device|disk quota exceeded/i, { code: 'no_capacity', message: () => 'The disk of the Docker engine is full.', hint: 'Free space (docker system df shows what uses it), then retry.' }],
  [/cannot allocate memory|out of memory/i, { code: 'no_capacity', message: () => 'This computer has no memory left for another node.', hint: 'Delete nodes or choose a smaller flavor, then retry.' }],
  [/pool overlaps|overlaps with/i, { code: 'conflict', message: text => `The address range of the virtual cloud is in use on this computer already (${text}).`, hint: 'Give the virtual cloud another range with network.cidr.' }],
  [/all predefined address pools|no available.*(pool|network)/i, { code: 'no_capacity', message: () => 'The Docker engine has no address range left for another network.', hint: 'Remove unused networks: docker network prune' }],
  [/address already in use/i, { code: 'conflict', message: text => `An address that the node should get is in use on its network (${text}).`, hint: 'Retry; another address is chosen when the node is made anew.' }],
  [/is already in use by container|name .*already in use|already exists/i, { code: 'conflict', message: text => `A resource of the same name exists on the Docker engine and is not ours (${text}).`, hint: 'Remove or rename it, then retry.' }],
  [/minimum memory limit/i, { code: 'invalid_request', message: text => `The node's memory is too small for a container (${text}).`, hint: 'Ask for more memoryGiB.' }],
  [/range of cpus|cpus (?:are not )?available|cpuset/i, { code: 'invalid_request', message: text => `This computer does not have the processors that were asked for (${text}).`, hint: 'Ask for fewer processors, or others.' }],
  [/active endpoints/i, { code: 'conflict', message: () => 'The network still has containers.', hint: 'Delete its nodes first.', retryable: true }],
  [/docker-init/i, { code: 'provider_failed', message: () => 'The Docker engine lacks docker-init, with which nodes are started.', hint: 'Install Docker whole: sudo apt-get install docker.io tini' }],
  [/no such image/i, { code: 'provider_failed', message: () => 'The image of the base container is missing on the Docker engine.', hint: 'Retry: it is built again.', retryable: true }],
  [/operation not permitted|permission denied/i, { code: 'provider_denied', message: text => `The Docker engine was refused something by the system (${text}).`, hint: 'Nodes need an engine that runs as root (not a rootless one); see vcp doctor local.' }],
  [/removal of container .* is already in progress|is restarting|deadline exceeded|i\/o timeout|connection reset|unable to (?:find|remove) endpoint|iptables.*(?:lock|resource temporarily)/i, { code: 'provider_failed', message: text => `The Docker engine was busy (${text}).`, hint: 'Retry.', retryable: true }]
];

const NETWORK_CALLS: ReadonlySet<string> = new Set(['connect', 'read', 'write', 'getaddrinfo', 'shutdown']);

/** The system's or Node's code of an error, where it has one (`ENOENT`, `ABORT_ERR`). */
function systemCode(error: object): string | undefined {
  const { code, errno, syscall } = error as { readonly code?: unknown; readonly errno?: unknown; readonly syscall?: unknown };
  // A program that could not be started or a file that could not be read says nothing about the engine.
  if (typeof syscall === 'string' && !NETWORK_CALLS.has(syscall)) return undefined;
  return typeof code === 'string' ? code : typeof errno === 'string' ? errno : undefined;
}

/** Status of the engine's HTTP answer; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { readonly statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** True when the engine says that the thing does not exist. */
export function isGone(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** True when a container could not be made because its image is not on the engine. */
export function isImageMissing(error: unknown): boolean {
  return isGone(error) && /no such image/i.test(textOf(error as object));
}

/** True when there is no engine to talk to, or the talk broke off: it says nothing about what was asked of it. */
export function engineIsAway(error: unknown): boolean {
  return classifyDockerError(error).error.code === 'provider_unavailable';
}

/** What an error of the Docker engine means. Never throws. */
export function classifyDockerError(error: unknown): Classified {
  if (isVcpError(error)) return { error, retryable: error.code === 'provider_unavailable' };
  if (typeof error !== 'object' || error === null) return unknown(String(error), error, false);
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'CanceledError')) return { error: new VcpError('cancelled', 'The work was cancelled.', { cause: error }), retryable: false };
  if (error instanceof Error && error.name === 'TimeoutError') return { error: new VcpError('provider_unavailable', 'The Docker engine does not answer.', { hint: START_DOCKER, cause: error }), retryable: true };
  const code = systemCode(error);
  const connection = code === undefined ? undefined : CONNECTION[code];
  const text = textOf(error);
  const status = statusOf(error);
  if (status === undefined && connection !== undefined) return apply(connection, text, error);
  if (status === undefined && /socket hang up/i.test(text)) return apply(CONNECTION['ECONNRESET']!, text, error);
  const answer = ANSWERS.find(([pattern]) => pattern.test(text))?.[1];
  if (answer !== undefined) return apply(answer, text, error);
  if (status === 404) return { error: new VcpError('not_found', `The Docker engine does not know it (${text}).`, { cause: error }), retryable: false };
  if (status === 409) return { error: new VcpError('conflict', `The Docker engine refused (${text}).`, { cause: error }), retryable: false };
  return unknown(text, error, status !== undefined && status >= 500);
}

function apply(meaning: Meaning, text: string, cause: unknown): Classified {
  return { error: new VcpError(meaning.code, meaning.message(text), { hint: meaning.hint, cause }), retryable: meaning.retryable ?? false };
}

function unknown(text: string, cause: unknown, retryable: boolean): Classified {
  return { error: new VcpError('provider_failed', `The Docker engine failed: ${text}`, { hint: 'Look at the engine: sudo journalctl -u docker', cause }), retryable };
}

/** The engine's own sentence, without what dockerode puts around it. */
function textOf(error: object): string {
  const { json, reason, message } = error as { readonly json?: { readonly message?: unknown } | null; readonly reason?: unknown; readonly message?: unknown };
  const text = typeof json?.message === 'string' ? json.message : typeof message === 'string' ? message.replace(/^\(HTTP code \d+\) [^-]*- /, '') : typeof reason === 'string' ? reason : 'no reason given';
  return text.trim().replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, 300);
}
