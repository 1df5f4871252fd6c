import { parseArgs } from 'node:util';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';

export interface CommandLine { readonly foreground: boolean; readonly readyFd: number | undefined; readonly help: boolean }

export const HELP = `controller.mjs [--foreground] [--ready-fd N]

  The controller of one data folder (VCP_HOME). vcp controller start starts it in the background.

  --foreground   also write the log to standard error
  --ready-fd N   write one JSON line to this file descriptor when ready, or why not

Settings: <VCP_HOME>/settings.yml and VCP_LOG_LEVEL, VCP_ADDRESS_POOL, VCP_SOCKET, DOCKER_HOST.
Exit codes: 0 stopped in order, 1 failed, 2 command line or settings.
`;

/** @throws VcpError invalid_request */
export function readCommandLine(args: readonly string[]): CommandLine {
  try {
    const { values } = parseArgs({ args: [...args], options: { foreground: { type: 'boolean' }, 'ready-fd': { type: 'string' }, help: { type: 'boolean', short: 'h' } }, strict: true });
    const fd = values['ready-fd'];
    if (fd !== undefined && !/^[3-9]$/.test(fd)) throw new Error(`--ready-fd wants a number from 3 to 9, not ${fd}`);
    return { foreground: values.foreground === true, readyFd: fd === undefined ? undefined : Number(fd), help: values.help === true };
  } catch (error) {
    throw new VcpError('invalid_request', (error as Error).message, { hint: 'Look at --help.', cause: error });
  }
}
