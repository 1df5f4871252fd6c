import { readFileSync } from 'node:fs';

/** Where a front end expects the kernel, as Jupyter writes it into the connection file. */
export interface ConnectionInfo {
  readonly transport: string;
  readonly ip: string;
  readonly shell_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly control_port: number;
  readonly hb_port: number;
  readonly key: string;
  readonly signature_scheme: string;
}

/** Reads a connection file. Throws when it is not one, or when it asks for a signature other than HMAC-SHA256. */
export function readConnectionFile(path: string): ConnectionInfo {
  const info = JSON.parse(readFileSync(path, 'utf8')) as ConnectionInfo;
  for (const name of ['shell_port', 'iopub_port', 'stdin_port', 'control_port', 'hb_port'] as const) {
    if (typeof info[name] !== 'number') throw new Error(`The connection file ${path} has no ${name}.`);
  }
  if (info.key && info.signature_scheme && info.signature_scheme !== 'hmac-sha256') {
    throw new Error(`The connection file ${path} asks for the signature ${info.signature_scheme}; only hmac-sha256 is known.`);
  }
  return info;
}

/** The ZeroMQ address of a port. */
export function address(info: ConnectionInfo, port: number): string {
  return info.transport === 'ipc' ? `ipc://${info.ip}-${port}` : `tcp://${info.ip}:${port}`;
}
