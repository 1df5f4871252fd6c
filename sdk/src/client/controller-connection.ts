import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { VcpError, controllerFileSchema, homeFolder, isVcpError, type ControllerFile, type Origin, type VersionView } from '../wire/index.js';
import { socketTransport, urlTransport } from './node-transport.js';
import { VcpClient } from './vcp-client.js';

export interface ConnectionOptions {
  /** Data folder; absent: VCP_HOME, then the user's own. */
  readonly home?: string | undefined;
  /** Absent: VCP_URL. A shared controller is used as it is and never started. */
  readonly url?: string | undefined;
  /** Absent: VCP_TOKEN. */
  readonly token?: string | undefined;
  readonly origin?: Origin | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ControllerConnection { readonly client: VcpClient; readonly version: VersionView }

/** The data folder that applies here, as an absolute path. */
export function controllerHome(home?: string): string {
  return resolve(home ?? homeFolder(process.env, homedir()));
}

/** The URL of a shared controller, when one is to be used. */
export function sharedControllerUrl(options: ConnectionOptions): string | undefined {
  const url = options.url ?? process.env['VCP_URL'];
  return url === undefined || url === '' ? undefined : url;
}

/**
 * Connects to the controller that is running: of VCP_URL, or of the data folder. Starts nothing.
 * @throws VcpError controller_unavailable saying what was tried.
 */
export async function controllerConnection(options: ConnectionOptions = {}): Promise<ControllerConnection> {
  const url = sharedControllerUrl(options);
  if (url !== undefined) return greet(new VcpClient(urlTransport(url), { token: options.token ?? process.env['VCP_TOKEN'], origin: options.origin }), options);
  const home = controllerHome(options.home);
  const file = await readControllerFile(home);
  if (file === undefined) throw new VcpError('controller_unavailable', `No controller runs for ${home}.`, { hint: 'Start it with: vcp controller start', details: { home } });
  return greet(new VcpClient(socketTransport(file.socket), { origin: options.origin }), options);
}

/** What the controller of a data folder wrote about itself; undefined when there is nothing (readable). */
export async function readControllerFile(home: string): Promise<ControllerFile | undefined> {
  try {
    return controllerFileSchema.parse(JSON.parse(await readFile(join(home, 'controller.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

async function greet(client: VcpClient, options: ConnectionOptions): Promise<ControllerConnection> {
  try {
    const version = await client.version({ signal: options.signal });
    if (version.product !== 'jupyterlab-vcp' || version.api !== 1) {
      throw new VcpError('not_supported', `The controller at ${client.transport.where} speaks another version (${String(version.version)}).`, { hint: 'Stop it with: vcp controller stop, then run the command again.' });
    }
    return { client, version };
  } catch (error) {
    client.close();
    if (isVcpError(error)) throw error;
    throw new VcpError('controller_unavailable', `What answers at ${client.transport.where} is not a controller.`, { cause: error });
  }
}
