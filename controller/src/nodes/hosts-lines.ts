import { isIP } from 'node:net';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';

/**
 * The managed lines of a node's /etc/hosts, one a node, sorted so that equal sets give equal text.
 * @throws invalid_request: whatever is no plain name or address never gets into that file.
 */
export function hostsLines(hosts: readonly { readonly name: string; readonly address: string }[]): string {
  const lines = hosts.map(({ name, address }) => {
    if (isIP(address) === 0) throw new VcpError('invalid_request', `${JSON.stringify(address)} is no address (host ${name}).`);
    if (!/^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(name)) throw new VcpError('invalid_request', `${JSON.stringify(name)} is no name of a host.`);
    return `${address} ${name}\n`;
  });
  return [...new Set(lines)].sort().join('');
}
