import { createInterface } from 'node:readline';
import { addAbortSignal, PassThrough, type Readable } from 'node:stream';
import { isVcpError, VcpError } from '@jupyterlab-vcp/sdk/wire';
import type { NodeAddress, Progress } from '../domain/index.js';
import type { ImageSource } from './image-source.js';
import { encodeImage, imageId } from './node-apps.js';
import type { NodeEngine } from './node-engine.js';
import type { NetworkRegistries, OurImage } from './network-registries.js';
import { throwIfAborted, untilAborted } from './node-errors.js';

export interface ImageDistributorOptions {
  readonly engine: (node: NodeAddress, signal: AbortSignal) => Promise<NodeEngine>;
  readonly source: ImageSource;
  readonly registries: NetworkRegistries;
  readonly log: (message: string) => void;
}

interface Target { readonly node: NodeAddress; readonly engine: NodeEngine }
/** One image on its way to one node; it is broken off only when nobody waits for it any more. */
interface Transfer { readonly done: Promise<void>; interested: number; readonly stop: AbortController }

/**
 * Brings images onto nodes. What the controller's own engine has goes into a registry of the nodes' network once, from which they
 * pull it by digest (measured: 0.4 of the time of `docker save | docker load` for three nodes); where there can be no registry it is
 * sent to each node. What the engine has not, each node pulls by itself. Calls for the same image and node share one transfer.
 */
export class ImageDistributor {
  readonly #options: ImageDistributorOptions;
  readonly #transfers = new Map<string, Transfer>();

  constructor(options: ImageDistributorOptions) {
    this.#options = options;
  }

  /** @throws command_failed naming image and remedy, node_unreachable, cancelled, timed_out. */
  async ensure(nodes: readonly NodeAddress[], images: readonly string[], progress: Progress, signal: AbortSignal): Promise<void> {
    for (const image of new Set(images)) {
      encodeImage(image);
      const joined: Promise<void>[] = [];
      const own: NodeAddress[] = [];
      for (const node of nodes) {
        const transfer = this.#transfers.get(keyOf(node, image));
        if (transfer === undefined) own.push(node);
        else joined.push(this.#waitFor([transfer], signal, image));
      }
      if (own.length > 0) joined.push(this.#waitFor(this.#begin(own, image, progress), signal, image));
      const failed = (await Promise.allSettled(joined)).find(result => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
  }

  #begin(nodes: readonly NodeAddress[], image: string, progress: Progress): readonly Transfer[] {
    const stop = new AbortController();
    const all = this.#bring(nodes, image, progress, stop.signal);
    return nodes.map((node, index) => {
      const key = keyOf(node, image);
      const done = all.then(results => {
        const result = results[index];
        if (result?.status === 'rejected') throw result.reason;
      }).finally(() => { if (this.#transfers.get(key) === transfer) this.#transfers.delete(key); });
      done.catch(() => undefined);
      const transfer: Transfer = { done, interested: 0, stop };
      this.#transfers.set(key, transfer);
      return transfer;
    });
  }

  async #waitFor(transfers: readonly Transfer[], signal: AbortSignal, image: string): Promise<void> {
    for (const transfer of transfers) transfer.interested += 1;
    try {
      const results = Promise.allSettled(transfers.map(transfer => transfer.done));
      const failed = (await untilAborted(results, signal, `Sending image ${image}`)).find(result => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    } finally {
      for (const transfer of transfers) transfer.interested -= 1;
      const stops = new Set(transfers.map(transfer => transfer.stop));
      for (const stop of stops) this.#stopIfUnwanted(stop);
    }
  }

  /** One that was broken off is no longer there to be joined. */
  #stopIfUnwanted(stop: AbortController): void {
    const group = [...this.#transfers].filter(([, transfer]) => transfer.stop === stop);
    if (group.some(([, transfer]) => transfer.interested > 0)) return;
    for (const [key] of group) this.#transfers.delete(key);
    stop.abort();
  }

  async #bring(nodes: readonly NodeAddress[], image: string, progress: Progress, signal: AbortSignal): Promise<readonly PromiseSettledResult<void>[]> {
    // An image that is named by the digest of its registry keeps that name only when it comes from there.
    const ours = image.includes('@') ? undefined : await this.#options.source.find(image);
    const checked = await Promise.allSettled(nodes.map(async node => {
      const engine = await this.#options.engine(node, signal);
      return { node, engine, missing: await isMissing(engine, image, ours?.id, signal) };
    }));
    const targets: Target[] = checked.flatMap(result => (result.status === 'fulfilled' && result.value.missing ? [result.value] : []));
    const outcomes = new Map<string, Promise<void>>();
    if (targets.length > 0) {
      throwIfAborted(signal, `Sending image ${image}`);
      const sent = ours === undefined ? targets.map(target => pull(target, image, progress, signal)) : await this.#send(targets, image, ours, progress, signal);
      targets.forEach((target, index) => outcomes.set(target.node.nodeId, sent[index] ?? Promise.resolve()));
    }
    return Promise.allSettled(checked.map((result, index) => (result.status === 'rejected' ? Promise.reject(result.reason as Error) : outcomes.get(nodes[index]?.nodeId ?? '') ?? Promise.resolve())));
  }

  async #send(targets: readonly Target[], image: string, ours: OurImage, progress: Progress, signal: AbortSignal): Promise<readonly Promise<void>[]> {
    const nodes = targets.map(target => target.node);
    const pulled = await Promise.all(targets.map(async target => {
      try {
        const reference = await untilAborted(this.#options.registries.provide(target.node, nodes, image, ours, progress), signal, `Sending image ${image}`);
        progress(`Node ${target.node.name} takes image ${image}`);
        await pullReference(target.engine, reference, image, signal);
        await remember(target.engine, image, ours.id, signal);
        return true;
      } catch (error) {
        if (signal.aborted || (isVcpError(error) && error.code === 'node_unreachable')) throw error;
        this.#options.log(`Image ${image} did not reach node ${target.node.name} through a registry, so it is sent to it directly: ${(error as Error).message}`);
        return false;
      }
    }).map(settle));
    const rest = targets.filter((_, index) => pulled[index]?.value === false);
    const loads = rest.length === 0 ? [] : await this.#loadDirectly(rest, image, ours, progress, signal);
    return targets.map((target, index) => {
      const result = pulled[index];
      if (result?.error !== undefined) return Promise.reject(result.error);
      return result?.value === true ? Promise.resolve() : loads[rest.indexOf(target)] ?? Promise.resolve();
    });
  }

  async #loadDirectly(targets: readonly Target[], image: string, ours: OurImage, progress: Progress, signal: AbortSignal): Promise<readonly Promise<void>[]> {
    const archive = await this.#options.source.save(image);
    const branches = targets.map(() => new PassThrough({ highWaterMark: 1024 * 1024 }));
    const names = targets.map(target => target.node.name).join(', ');
    const pumping = pump(archive, branches, sent => progress(`Image ${image} to ${names}`, ours.sizeBytes === 0 ? undefined : Math.min(0.99, sent / ours.sizeBytes)), signal);
    return targets.map(async (target, index) => {
      const branch = branches[index] as PassThrough;
      try {
        await Promise.all([load(target.engine, image, branch, signal), pumping]);
        await remember(target.engine, image, ours.id, signal);
      } finally {
        branch.destroy();
      }
    });
  }
}

/** The outcome as a value, so that one node's failure does not hide the others'. */
async function settle<T>(work: Promise<T>): Promise<{ readonly value?: T; readonly error?: Error }> {
  try {
    return { value: await work };
  } catch (error) {
    return { error: error as Error };
  }
}

function keyOf(node: NodeAddress, image: string): string {
  return `${node.nodeId}\0${image}`;
}

/** The name under which a node remembers that it has the image of that id of ours: engines of another store number images otherwise. */
function memoOf(id: string): string {
  return `vcp-known:${id.replace(/^sha256:/, '').slice(0, 64)}`;
}

async function isMissing(engine: NodeEngine, image: string, ourId: string | undefined, signal: AbortSignal): Promise<boolean> {
  const theirs = await imageId(engine, image, signal);
  if (theirs === undefined) return true;
  if (ourId === undefined || theirs === ourId) return false;
  return (await imageId(engine, memoOf(ourId), signal)) !== theirs;
}

async function remember(engine: NodeEngine, image: string, ourId: string, signal: AbortSignal): Promise<void> {
  const theirs = await imageId(engine, image, signal);
  if (theirs === undefined) throw new VcpError('command_failed', `Image ${image} was sent to node ${engine.nodeName}, but is not there under this name.`);
  if (theirs === ourId) return;
  const [repository = '', tag = ''] = memoOf(ourId).split(':');
  await engine.call(`/images/${theirs}/tag?repo=${repository}&tag=${tag}`, { method: 'POST', what: `Naming image ${image}`, signal });
}

/** One reader, many writers, at the pace of the slowest; a writer that breaks is left out. */
async function pump(archive: Readable, branches: readonly PassThrough[], onSent: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  let sent = 0;
  // An engine that falls silent in the middle is left, too.
  addAbortSignal(signal, archive);
  try {
    for await (const chunk of archive) {
      throwIfAborted(signal, 'Sending an image');
      const open = branches.filter(branch => !branch.destroyed);
      if (open.length === 0) return;
      sent += (chunk as Buffer).length;
      await Promise.all(open.map(branch => (branch.write(chunk) ? undefined : drained(branch))));
      onSent(sent);
    }
    for (const branch of branches) branch.end();
  } catch (error) {
    for (const branch of branches) branch.destroy(error as Error);
    throw error;
  } finally {
    archive.destroy();
  }
}

function drained(branch: PassThrough): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      branch.off('drain', done).off('close', done);
      resolve();
    };
    branch.on('drain', done).on('close', done);
  });
}

async function load(engine: NodeEngine, image: string, archive: Readable, signal: AbortSignal): Promise<void> {
  const what = `Loading image ${image}`;
  const answer = await engine.stream('/images/load?quiet=1', { method: 'POST', stream: archive, what, signal });
  await readMessages(answer, { engine, what, signal }, () => undefined);
}

/** From the neighbour's registry, and under the name that was asked for. */
async function pullReference(engine: NodeEngine, reference: string, image: string, signal: AbortSignal): Promise<void> {
  const what = `Taking image ${image}`;
  await readMessages(await engine.stream(`/images/create?fromImage=${encodeURIComponent(reference)}`, { method: 'POST', what, signal }), { engine, what, signal }, () => undefined);
  const [, repository = image, tag = 'latest'] = /^(.*?)(?::([^/:]+))?$/.exec(image.replace(/@.*$/, '')) ?? [];
  await engine.call(`/images/${reference}/tag?repo=${encodeURIComponent(repository)}&tag=${encodeURIComponent(tag)}`, { method: 'POST', what: `Naming image ${image}`, signal });
}

async function pull(target: Target, image: string, progress: Progress, signal: AbortSignal): Promise<void> {
  const { engine, node } = target;
  const what = `Pulling image ${image}`;
  progress(`Node ${node.name} pulls ${image}`);
  try {
    const answer = await engine.stream(`/images/create?fromImage=${encodeURIComponent(tagged(image))}`, { method: 'POST', what, signal });
    await readMessages(answer, { engine, what, signal }, text => progress(`Node ${node.name} pulls ${image}: ${text}`));
  } catch (error) {
    if (!isVcpError(error) || error.code !== 'command_failed') throw error;
    throw new VcpError('command_failed', `Nobody has image ${image}: the Docker engine of this computer has not, and node ${node.name} cannot pull it (${error.message.replace(/^.*? failed: /, '')}).`, {
      hint: `Pull or build it on this computer (docker pull ${image}), then apply again.`, details: { image }, cause: error
    });
  }
}

/** Without a tag the engine would pull every tag there is. */
function tagged(image: string): string {
  return /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
}

/** The engine's stream of JSON lines; an error comes in it after the status 200. */
async function readMessages(answer: Readable, { engine, what, signal }: { readonly engine: NodeEngine; readonly what: string; readonly signal: AbortSignal }, onStatus: (text: string) => void): Promise<void> {
  let failure: string | undefined;
  try {
    for await (const line of createInterface({ input: answer })) {
      if (line.trim() === '') continue;
      const message = JSON.parse(line) as { readonly error?: string; readonly status?: string };
      if (message.error !== undefined) failure = message.error;
      else if (message.status !== undefined) onStatus(message.status);
    }
  } catch (error) {
    throw engine.explain(error, { what, signal });
  }
  if (failure !== undefined) throw new VcpError('command_failed', `${what} on node ${engine.nodeName} failed: ${failure}`);
}
