import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type Docker from 'dockerode';
import type { CloudContext, Progress } from '../../../domain/index.js';
import { RECIPE_LABEL, BASE_REPOSITORY, type BaseRecipe } from './base-recipe.js';
import { DEBIAN_IMAGE, ensureDebianImage } from './debian-image.js';
import { debianMirror, mirrorHostEntry } from './debian-mirror.js';
import { engineIsAway, isGone } from './docker-errors.js';
import { followProgress } from './engine-progress.js';
import { untilAborted } from './until-aborted.js';

/** Share of the work that making Debian itself takes, where it has to be made. */
const DEBIAN_SHARE = 0.7;
const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

export interface BaseImageOptions {
  readonly docker: () => Docker;
  readonly recipe: () => BaseRecipe;
  readonly workFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface Build { done: Promise<void>; readonly abort: AbortController; readonly listeners: Set<Progress>; last?: readonly [string, number | undefined] }

/** The image that nodes are started from: built on the engine at first use. */
export class BaseImage {
  readonly #options: BaseImageOptions;
  #build: Build | undefined;

  constructor(options: BaseImageOptions) {
    this.#options = options;
  }

  /**
   * Returns when the image is on the engine. Calls at the same time share one build, which ends early only when all of
   * them were cancelled. The name is given when the build is complete, so a killed one leaves none.
   */
  async ensure(context: CloudContext): Promise<void> {
    context.signal.throwIfAborted();
    if (this.#build === undefined && (await this.#exists())) return;
    const build = (this.#build ??= this.#start());
    const listener: Progress = (message, share) => context.progress(message, share);
    build.listeners.add(listener);
    if (build.last !== undefined) context.progress(...build.last);
    try {
      await untilAborted(build.done, context.signal);
    } finally {
      build.listeners.delete(listener);
      if (build.listeners.size === 0) {
        if (this.#build === build) this.#build = undefined;
        build.abort.abort();
      }
    }
  }

  async #exists(): Promise<boolean> {
    return this.#options.docker().getImage(this.#options.recipe().image).inspect().then(() => true, error => { if (isGone(error)) return false; throw error; });
  }

  #start(): Build {
    const abort = new AbortController();
    const listeners = new Set<Progress>();
    const build: Build = { done: Promise.resolve(), abort, listeners };
    const progress: Progress = (message, share) => {
      build.last = [message, share];
      for (const listener of listeners) listener(message, share);
    };
    build.done = this.#make({ signal: abort.signal, progress }).finally(() => { if (this.#build === build) this.#build = undefined; });
    // Who waits sees the failure; when all have left, nobody does.
    build.done.catch(() => {});
    return build;
  }

  async #make(context: CloudContext): Promise<void> {
    const docker = this.#options.docker();
    const recipe = this.#options.recipe();
    await ensureDebianImage({ docker, workFolder: this.#options.workFolder }, { signal: context.signal, progress: (message, share) => context.progress(message, share === undefined ? undefined : share * DEBIAN_SHARE) });
    const mirror = await debianMirror();
    const proxies = Object.fromEntries(PROXY_VARIABLES.flatMap(name => (this.#options.environment[name] ? [[name, this.#options.environment[name]]] : [])));
    const entry = Object.keys(proxies).length > 0 ? undefined : await mirrorHostEntry(mirror);
    context.progress('Building the base image of the nodes', DEBIAN_SHARE);
    const stream = await docker.buildImage(recipe.context(), {
      t: recipe.image,
      networkmode: 'host',
      ...(entry === undefined ? {} : { extrahosts: entry }),
      buildargs: { BASE: DEBIAN_IMAGE, ...(mirror === undefined ? {} : { MIRROR: mirror }), ...proxies },
      labels: { [RECIPE_LABEL]: recipe.digest },
      forcerm: true,
      abortSignal: context.signal
    });
    const lines: string[] = [];
    try {
      await followProgress(stream, context.signal, event => {
        const text = event.stream?.trim() ?? '';
        if (text !== '') lines.push(text);
        const step = /^Step (\d+)\/(\d+)/.exec(text);
        if (step !== null) context.progress(`Building the base image of the nodes: step ${step[1]} of ${step[2]}`, DEBIAN_SHARE + ((1 - DEBIAN_SHARE) * (Number(step[1]) - 1)) / Number(step[2]));
      });
    } catch (error) {
      context.signal.throwIfAborted();
      if (engineIsAway(error)) throw error;
      throw buildFailure(error, lines, mirror);
    }
    await docker.getImage(recipe.image).tag({ repo: BASE_REPOSITORY, tag: 'latest' });
    context.progress('The base image of the nodes is ready', 1);
  }
}

/** The reason stands among the last lines of what the build printed, not in its error. */
function buildFailure(error: unknown, lines: readonly string[], mirror = ''): VcpError {
  const reason = lines.flatMap(line => line.split('\n')).filter(line => /^(?:E|Err|W):|unable|cannot|could not|failed|no space/i.test(line)).at(-1) ?? (error instanceof Error ? error.message : String(error));
  if (/no space left/i.test(reason)) return new VcpError('no_capacity', 'The base image could not be built: the disk of the Docker engine is full.', { hint: 'Free space (docker system df shows what uses it), then retry.', cause: error });
  return new VcpError('provider_failed', `The base image could not be built: ${reason.trim()}`, { hint: `See whether this computer reaches its Debian mirror${mirror === '' ? '' : ` ${mirror}`} (sudo apt-get update), then retry.`, cause: error });
}
