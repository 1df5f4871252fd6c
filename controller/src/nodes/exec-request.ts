import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { ExecSpec } from '../domain/index.js';
import { encodeFields } from './helper-frames.js';

const ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;
const VARIABLE_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Variables that steer the `docker` command itself and so cannot be handed on through its environment. */
const STEERS_DOCKER = /^(DOCKER_.*|LD_.*|PATH|HOME|GO[A-Z]+|.*_PROXY|.*_proxy)$/;

/**
 * The start frame: what the helper needs, values of variables included (frames are not seen by other processes).
 * @throws invalid_request for what no node could run.
 */
export function encodeExecRequest(spec: ExecSpec, nodeName: string): Buffer {
  check(ID_PATTERN.test(spec.id), `The id ${JSON.stringify(spec.id)} of a command is not made of lower-case letters, digits and "-".`);
  const argv = typeof spec.command === 'string' ? ['/bin/sh', '-c', spec.command] : spec.command;
  check(argv.length > 0 && argv[0] !== '', 'The command is empty.');
  check(argv.every(word => !word.includes('\0')), 'The command contains a zero byte.');
  check(spec.cwd === undefined || (spec.cwd.startsWith('/') && !spec.cwd.includes('\0')), `The working folder ${JSON.stringify(spec.cwd)} does not begin with "/".`);
  check(spec.user === undefined || /^[a-z_0-9][a-z0-9_.-]*(:[a-z_0-9][a-z0-9_.-]*)?$/i.test(spec.user), `${JSON.stringify(spec.user)} is no user name.`);
  check(spec.timeoutMs === undefined || (Number.isSafeInteger(spec.timeoutMs) && spec.timeoutMs > 0), 'The time limit is not a positive number of milliseconds.');

  const fields: string[] = ['id', spec.id];
  for (const word of argv) fields.push('arg', word);
  for (const [name, value] of Object.entries({ VCP_NODE: nodeName, ...spec.env })) {
    check(VARIABLE_PATTERN.test(name), `${JSON.stringify(name)} is no name of an environment variable.`);
    check(!value.includes('\0'), `The value of ${name} contains a zero byte.`);
    // A file of variables has one a line; a value of several lines goes through the client's environment.
    const throughClient = spec.container !== undefined && /[\r\n]/.test(value);
    check(!throughClient || !STEERS_DOCKER.test(name), `The value of ${name} has several lines, which is not possible inside a container for this name.`);
    fields.push(throughClient ? 'own' : 'env', `${name}=${value}`);
  }
  if (spec.cwd !== undefined) fields.push('cwd', spec.cwd);
  if (spec.user !== undefined) fields.push('user', spec.user);
  if (spec.timeoutMs !== undefined) fields.push('timeoutMs', String(spec.timeoutMs));
  if (spec.container !== undefined) fields.push('container', spec.container);
  return encodeFields(fields);
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new VcpError('invalid_request', message);
}
