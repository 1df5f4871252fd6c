import { VcpError, type AppView, type ComposeDocument, type ExecEvent, type ExecRequest, type SshAccess, type Verb } from '@jupyterlab-vcp/sdk/wire';
import {
  addressAmong, mustBeAllowed, noSuch,
  type Caller, type Clock, type ExecRecord, type Ids, type Log, type Node, type NodeAddress, type NodeShell, type NodeWorkService, type ProviderCatalog, type Store, type StoreReader, type VirtualCloud
} from '../domain/index.js';

export interface NodeWorkParts {
  readonly store: Store;
  readonly shell: NodeShell;
  readonly catalog: ProviderCatalog;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
}

interface Found { readonly vc: VirtualCloud; readonly node: Node; readonly address: NodeAddress }

/** Work on nodes that is not wanted state: commands, files, containers started by hand. */
export class NodeWork implements NodeWorkService {
  readonly #parts: NodeWorkParts;

  constructor(parts: NodeWorkParts) {
    this.#parts = parts;
  }

  async *exec(caller: Caller, vc: string, node: string, request: ExecRequest, signal: AbortSignal): AsyncGenerator<ExecEvent, void> {
    const found = await this.#find(caller, 'exec', vc, node);
    const record: ExecRecord = {
      id: this.#parts.ids.next('ex'), vcId: found.vc.id, nodeId: found.node.id, state: 'started', startedAt: this.#parts.clock.now(),
      owner: caller.actor.user, project: found.vc.project, actor: caller.actor.user, origin: caller.origin
    };
    // Both at once: nobody learns the id before it is on the disk, and the node runs an id only once.
    const recorded = this.#keep(record);
    recorded.catch(() => undefined);
    const events = this.#parts.shell.exec(found.address, { ...request, env: request.env ?? {}, id: record.id }, signal);
    yield* this.#follow(events, record, recorded);
  }

  async *attach(caller: Caller, exec: string, from: { readonly stdout: number; readonly stderr: number }, signal: AbortSignal): AsyncGenerator<ExecEvent, void> {
    const { record, address } = await this.#findExec(caller, exec);
    yield* this.#follow(this.#parts.shell.attach(address, record.id, from, signal), record, Promise.resolve());
  }

  async cancelExec(caller: Caller, exec: string): Promise<void> {
    const { record, address } = await this.#findExec(caller, exec);
    await this.#parts.shell.cancel(address, record.id);
  }

  async copyTo(caller: Caller, vc: string, node: string, path: string, tar: NodeJS.ReadableStream, signal: AbortSignal): Promise<void> {
    const { address } = await this.#find(caller, 'exec', vc, node);
    await this.#parts.shell.copyTo(address, path, tar, signal);
  }

  async copyFrom(caller: Caller, vc: string, node: string, path: string, signal: AbortSignal): Promise<NodeJS.ReadableStream> {
    const { address } = await this.#find(caller, 'exec', vc, node);
    return this.#parts.shell.copyFrom(address, path, signal);
  }

  async sshAccess(caller: Caller, vc: string, node: string): Promise<SshAccess> {
    const { address } = await this.#find(caller, 'exec', vc, node);
    return this.#parts.shell.access(address);
  }

  async containers(caller: Caller, vc: string, node: string, signal: AbortSignal): Promise<readonly AppView[]> {
    const { address } = await this.#find(caller, 'read', vc, node);
    return this.#parts.shell.apps(address, signal);
  }

  async runContainers(caller: Caller, vc: string, node: string, app: string, compose: ComposeDocument, signal: AbortSignal): Promise<readonly AppView[]> {
    const found = await this.#find(caller, 'exec', vc, node);
    const unit = found.vc.document.units.find(candidate => candidate.name === found.node.unit);
    if (unit?.apps !== undefined && app in unit.apps) {
      throw new VcpError('conflict', `The application ${app} belongs to the unit ${unit.name}; its containers are not made by hand.`, { hint: `Change it for the whole unit, or choose another name than ${app}.` });
    }
    const images = [...new Set(Object.values(compose.services).map(service => service.image))];
    await this.#parts.shell.ensureImages([found.address], images, () => undefined, signal);
    return this.#parts.shell.ensureApp(found.address, app, compose, signal);
  }

  async removeContainer(caller: Caller, vc: string, node: string, container: string, signal: AbortSignal): Promise<void> {
    const { address } = await this.#find(caller, 'exec', vc, node);
    await this.#parts.shell.removeContainer(address, container, signal);
  }

  async containerLogs(caller: Caller, vc: string, node: string, container: string, tail: number, signal: AbortSignal): Promise<string> {
    const { address } = await this.#find(caller, 'read', vc, node);
    return this.#parts.shell.appLogs(address, container, tail, signal);
  }

  async *#follow(events: AsyncIterable<ExecEvent>, record: ExecRecord, recorded: Promise<void>): AsyncGenerator<ExecEvent, void> {
    for await (const event of events) {
      await recorded;
      if (event.type === 'exit') {
        // The reader need not wait for the note; without it the node itself still knows the end.
        this.#keep({ ...record, state: event.outcome, endedAt: this.#parts.clock.now(), ...(event.code === null ? {} : { exitCode: event.code }) })
          .catch((error: unknown) => this.#parts.log.warn({ err: error, exec: record.id }, 'the end of a command could not be noted'));
      }
      yield event;
    }
  }

  #keep(record: ExecRecord): Promise<void> {
    return this.#parts.store.transaction(tx => tx.putExec(record));
  }

  #find(caller: Caller, verb: Verb, vcName: string, nodeName: string): Promise<Found> {
    return this.#parts.store.read(async reader => {
      const vc = (await reader.vcByName(caller.actor.project, vcName)) ?? (await reader.vc(vcName));
      if (vc === undefined || vc.deletedAt !== undefined) throw noSuch('vc', vcName);
      mustBeAllowed(caller.actor, verb, { kind: 'vc', project: vc.project, name: vc.name });
      const nodes = await reader.nodes(vc.id);
      const node = nodes.find(candidate => candidate.name === nodeName || candidate.id === nodeName);
      if (node === undefined) throw noSuch('node', nodeName);
      return { vc, node, address: await this.#addressOf(reader, node, nodes) };
    });
  }

  async #findExec(caller: Caller, id: string): Promise<{ readonly record: ExecRecord; readonly address: NodeAddress }> {
    return this.#parts.store.read(async reader => {
      const record = await reader.exec(id);
      if (record === undefined) throw noSuch('exec', id);
      mustBeAllowed(caller.actor, 'exec', { kind: 'exec', project: record.project, name: id });
      const nodes = await reader.nodes(record.vcId);
      const node = nodes.find(candidate => candidate.id === record.nodeId);
      if (node === undefined) throw new VcpError('not_found', `The node on which command ${id} ran is gone.`, { details: { state: record.state } });
      return { record, address: await this.#addressOf(reader, node, nodes) };
    });
  }

  async #addressOf(reader: StoreReader, node: Node, nodes: readonly Node[]): Promise<NodeAddress> {
    const reach = this.#parts.catalog.get(node.provider).regions.find(region => region.name === node.region)?.reach ?? 'direct';
    return addressAmong(node, reach, await reader.networks(node.vcId), nodes);
  }
}
