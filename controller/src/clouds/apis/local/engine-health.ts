import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type Docker from 'dockerode';
import { classifyDockerError } from './docker-errors.js';

export interface Health { readonly available: boolean; readonly reason?: string | undefined; readonly hint?: string | undefined }

const ANSWER_MS = 3000;
const REMEMBERED_MS = 2000;
const OLDEST_API = [1, 40] as const;

interface EngineInfo { readonly OSType?: string; readonly SecurityOptions?: readonly string[]; readonly ServerVersion?: string }
/** What dockerode can do and its types do not say. */
interface AbortableEngine {
  info(options: { readonly abortSignal: AbortSignal }): Promise<EngineInfo>;
  version(options: { readonly abortSignal: AbortSignal }): Promise<{ readonly ApiVersion: string }>;
}

/** Facts about the engine that do not change while it runs. */
export interface EngineFacts { readonly processors: number; readonly memoryBytes: number }

/** Whether the engine can carry nodes, with a short memory, so that lists may ask often. */
export class EngineHealth {
  readonly #docker: () => Docker;
  readonly #now: () => number;
  #known: { readonly at: number; readonly health: Promise<Health> } | undefined;

  constructor(docker: () => Docker, now: () => number) {
    this.#docker = docker;
    this.#now = now;
  }

  /** Never throws. */
  check(): Promise<Health> {
    const now = this.#now();
    if (this.#known === undefined || now - this.#known.at > REMEMBERED_MS) this.#known = { at: now, health: this.#ask() };
    return this.#known.health;
  }

  async #ask(): Promise<Health> {
    if (process.platform !== 'linux') return { available: false, reason: 'Nodes on this computer need Linux: elsewhere the addresses of containers cannot be reached.', hint: 'Run the controller on a Linux machine, or in WSL 2 or a Linux virtual machine.' };
    try {
      const docker = this.#docker() as unknown as AbortableEngine;
      const abortSignal = AbortSignal.timeout(ANSWER_MS);
      const [info, version] = await Promise.all([docker.info({ abortSignal }), docker.version({ abortSignal })]);
      return unfit(info, version.ApiVersion) ?? { available: true };
    } catch (error) {
      const { error: meant } = classifyDockerError(error);
      return { available: false, reason: meant.message, hint: meant.hint };
    }
  }
}

function unfit(info: EngineInfo, api: string): Health | undefined {
  if (info.OSType !== 'linux') return { available: false, reason: `The Docker engine runs ${info.OSType ?? 'unknown'} containers; nodes are Linux containers.`, hint: 'Switch the engine to Linux containers.' };
  if (info.SecurityOptions?.some(option => option.includes('rootless'))) return { available: false, reason: 'The Docker engine is rootless: the addresses of its containers cannot be reached from this computer.', hint: 'Install an engine that runs as root: sudo apt-get install docker.io' };
  const [major = 0, minor = 0] = api.split('.').map(Number);
  if (major < OLDEST_API[0] || (major === OLDEST_API[0] && minor < OLDEST_API[1])) return { available: false, reason: `The Docker engine ${info.ServerVersion ?? ''} is too old (API ${api}; ${OLDEST_API.join('.')} is needed).`, hint: 'Update it: sudo apt-get install docker.io' };
  return undefined;
}

/** Size of the computer as the engine sees it. @throws what the engine throws. */
export async function engineFacts(docker: Docker): Promise<EngineFacts> {
  const info = (await docker.info()) as { readonly NCPU?: number; readonly MemTotal?: number };
  if (info.NCPU === undefined || info.MemTotal === undefined) throw new VcpError('provider_failed', 'The Docker engine does not say how large this computer is.', { hint: 'Update the engine: sudo apt-get install docker.io' });
  return { processors: info.NCPU, memoryBytes: info.MemTotal };
}
