import type { AppView, ComposeDocument, EVENT_TYPES, ExecEvent, Origin, Price, Size, SshAccess, VcpError, VcpEvent } from '@jupyterlab-vcp/sdk/wire';
import type {
  Actor, Claim, ExecRecord, IdempotencyRecord, JournalEntry, Network, Node, NodeSpec, Operation, Revision, VirtualCloud
} from './entities.js';

/** What the core needs from the world. Each port is implemented in one room and joined in main.ts. */

export interface Clock { now(): number }
/** A clock that can also be waited on, and the randomness that spreads retries. */
export interface Timer extends Clock {
  /** Resolves after `ms`, or at once when the signal aborts; it never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number from 0 to below 1. */
  random(): number;
}
/** Structured log, as pino has it. Never give it a secret. */
export interface Log {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
export interface Ids {
  /** A new id: prefix + 12 characters of `[a-z0-9]`, unguessable. */
  next(prefix: 'vc' | 'nt' | 'nd' | 'op' | 'ex'): string;
}

// ---------------------------------------------------------------- store

export type NewEvent = Omit<VcpEvent, 'seq' | 'at' | 'type'> & { readonly type: (typeof EVENT_TYPES)[number] };

/**
 * Durable rows. `transaction` resolves only after the commit is on disk (fsync); several waiting
 * transactions may share one commit. `work` may await only the store's own calls, and may be run again.
 * @throws VcpError store_read_only when nothing can be written (disk full, read-only file system).
 */
export interface Store {
  transaction<T>(work: (tx: StoreWriter) => Promise<T>): Promise<T>;
  /** Reads see a consistent snapshot. */
  read<T>(work: (reader: StoreReader) => Promise<T>): Promise<T>;
  /** Called after each commit with the events it added, in order. Returns the way to stop. */
  onEvents(listener: (events: readonly VcpEvent[]) => void): () => void;
  /** Number of this start of the controller; every write carries it. */
  readonly bootEpoch: number;
  readonly installation: string;
  close(): Promise<void>;
}

export interface ListOptions { readonly after?: string | undefined; readonly limit: number }

export interface StoreReader {
  vc(id: string): Promise<VirtualCloud | undefined>;
  /** Living VC of that name in the project. */
  vcByName(project: string, name: string): Promise<VirtualCloud | undefined>;
  /** Living VCs, ordered by id; `after` is the last id seen. */
  vcs(options: ListOptions & { readonly project?: string | undefined }): Promise<readonly VirtualCloud[]>;
  /** Tombstones: VCs whose deletion is done and not yet forgotten. */
  deletedVcs(): Promise<readonly VirtualCloud[]>;
  /** Revisions after `after`, oldest first. */
  revisions(vcId: string, after: number): Promise<readonly Revision[]>;
  networks(vcId: string): Promise<readonly Network[]>;
  /** Every network that is not deleted, for the address plan. */
  allNetworks(): Promise<readonly Network[]>;
  node(id: string): Promise<Node | undefined>;
  /** Nodes that are not deleted, ordered by unit and number. */
  nodes(vcId: string): Promise<readonly Node[]>;
  /** `after` is `<unit>:<number>` of the last node seen. */
  nodesPage(vcId: string, options: ListOptions): Promise<readonly Node[]>;
  allNodes(): Promise<readonly Node[]>;
  operation(id: string): Promise<Operation | undefined>;
  /** Newest first; `after` is the id of the last one seen. */
  operations(options: ListOptions & { readonly vcId?: string | undefined; readonly open?: boolean | undefined }): Promise<readonly Operation[]>;
  journal(operation: string): Promise<readonly JournalEntry[]>;
  claims(): Promise<readonly Claim[]>;
  idempotency(actor: string, key: string): Promise<IdempotencyRecord | undefined>;
  /** The keys that lead to that operation. */
  idempotencyOf(operation: string): Promise<readonly IdempotencyRecord[]>;
  exec(id: string): Promise<ExecRecord | undefined>;
  /** Events with seq > after, oldest first; `oldest` is the lowest seq still held. */
  events(after: number, limit: number): Promise<{ readonly events: readonly VcpEvent[]; readonly oldest: number; readonly newest: number }>;
  /** Mean milliseconds of past successful operations' node creation by provider and flavor, undefined without a past. */
  expectedMs(provider: string, flavor: string): Promise<number | undefined>;
}

export interface StoreWriter extends StoreReader {
  putVc(vc: VirtualCloud): Promise<void>;
  putRevision(revision: Revision): Promise<void>;
  putNetwork(network: Network): Promise<void>;
  putNode(node: Node): Promise<void>;
  putOperation(operation: Operation): Promise<void>;
  addJournal(entry: Omit<JournalEntry, 'seq' | 'at' | 'bootEpoch'>): Promise<void>;
  /** @throws VcpError conflict naming the operation that holds it. */
  addClaim(claim: Claim): Promise<void>;
  removeClaims(operation: string): Promise<void>;
  putIdempotency(record: IdempotencyRecord): Promise<void>;
  putExec(exec: ExecRecord): Promise<void>;
  addEvent(event: NewEvent): Promise<void>;
  addDuration(provider: string, flavor: string, ms: number): Promise<void>;
  /** Removes events, journal rows and idempotency keys that are past their time. */
  prune(before: number): Promise<void>;
}

// ---------------------------------------------------------------- clouds

/** Ids that every resource carries in its name and, where the cloud has them, in its tags. */
export interface Ownership { readonly installation: string; readonly vcId: string; readonly networkId: string; readonly nodeId?: string | undefined; readonly operation: string }

export interface Capability { readonly supported: boolean; readonly reason?: string | undefined }
export interface Capabilities {
  readonly fixedAddress: Capability; readonly power: Capability; readonly disks: Capability; readonly tags: Capability; readonly gpu: Capability;
  readonly diskSize: Capability; readonly tagAtCreate: Readonly<Record<InventoryKind, boolean>>; readonly consistencyWindowMs: number;
}
export type InventoryKind = 'network' | 'node' | 'volume' | 'image';

export interface InventoryItem {
  readonly kind: InventoryKind;
  /** The cloud's own id. */
  readonly cloudId: string;
  readonly name: string;
  readonly owner: Partial<Ownership>;
  readonly state: 'creating' | 'running' | 'stopped' | 'other';
  readonly address?: string | undefined;
  readonly createdAt: number;
  readonly billable: boolean;
}

/** Progress of a slow act, in words for people; `share` between 0 and 1 where known. */
export type Progress = (message: string, share?: number) => void;
export interface CloudContext { readonly signal: AbortSignal; readonly progress: Progress }

export interface NetworkRequest { readonly ownership: Ownership; readonly vcName: string; readonly region: string; readonly cidr: string }
export interface NodeRequest {
  readonly ownership: Ownership; readonly vcName: string; readonly nodeName: string; readonly region: string; readonly networkCloudId: string;
  readonly address: string; readonly spec: NodeSpec;
  /** OpenSSH public keys that may log in as root: the controller's first, then the unit's. */
  readonly authorizedKeys: readonly string[];
  /** Names and addresses of the VC's nodes in this network at this time, for /etc/hosts. */
  readonly hosts: readonly { readonly name: string; readonly address: string }[];
}
export interface CreatedNode { readonly cloudId: string; readonly address: string; readonly hostKey: string }

/**
 * A provider: an entry of the catalog bound to the driver of its cloud API. All calls are safe to repeat:
 * creating what exists with the same ownership returns it, deleting what is gone succeeds.
 * Every call may throw; `classify` says what the error means.
 */
export interface CloudProvider {
  readonly name: string;
  readonly title: string;
  readonly api: string;
  readonly notice?: string | undefined;
  readonly regions: readonly { readonly name: string; readonly title: string; readonly reach: 'direct' | 'gateway' }[];
  readonly flavors: readonly { readonly name: string; readonly size: Size; readonly price: Price; readonly override: Readonly<Record<string, unknown>> }[];
  readonly capabilities: Capabilities;
  readonly specSchema: Readonly<Record<string, unknown>>;
  /** Free to answer at once from a short memory; never throws. */
  health(): Promise<{ readonly available: boolean; readonly reason?: string | undefined; readonly hint?: string | undefined }>;
  /**
   * Resolves flavor and override to a size. Pure.
   * @throws VcpError invalid_request (unknown key, with the nearest), not_supported.
   */
  resolve(flavor: string | Partial<Size>, override: Readonly<Record<string, unknown>>): { readonly flavor: string; readonly size: Size; readonly override: Readonly<Record<string, unknown>>; readonly price: Price };
  quota(region: string): Promise<readonly { readonly resource: 'nodes' | 'cpu' | 'memoryGiB'; readonly limit: number | null; readonly used: number; readonly note?: string | undefined }[]>;
  /** What has to be there before the first node (the base image): slow the first time, then at once. */
  prepare(context: CloudContext): Promise<void>;
  ensureNetwork(request: NetworkRequest, context: CloudContext): Promise<{ readonly cloudId: string }>;
  /** Makes `gateway` the only way into the network of a gateway region, or (undefined) closes it. */
  setGateway(networkCloudId: string, gateway: { readonly address: string } | undefined, context: CloudContext): Promise<void>;
  deleteNetwork(cloudId: string, context: CloudContext): Promise<void>;
  /** Returns once the machine exists and its base container was told to start; not yet ready. */
  createNode(request: NodeRequest, context: CloudContext): Promise<CreatedNode>;
  /** Removes the node and what belongs to it alone (its volume). */
  deleteNode(ownership: Ownership, context: CloudContext): Promise<void>;
  inventory(installation: string, context: CloudContext): Promise<readonly InventoryItem[]>;
  classify(error: unknown): { readonly error: VcpError; readonly retryable: boolean };
}

export interface ProviderCatalog {
  list(): readonly CloudProvider[];
  /** @throws VcpError not_found naming the nearest provider. */
  get(name: string): CloudProvider;
}

// ---------------------------------------------------------------- nodes

/** How to reach one node: directly, or by a jump through the gateway of its region. */
export interface NodeAddress {
  readonly nodeId: string; readonly name: string; readonly vcId: string; readonly address: string; readonly hostKey: string;
  readonly jump?: { readonly nodeId: string; readonly address: string; readonly hostKey: string } | undefined;
}

export interface Heartbeat { readonly uptimeSeconds: number; readonly engine: 'ready' | 'starting' | 'down'; readonly load1: number; readonly memoryUsedMiB: number; readonly at: number }

export interface ExecSpec {
  readonly id: string;
  readonly command: string | readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly container?: string | undefined;
  readonly cwd?: string | undefined;
  readonly user?: string | undefined;
}

/**
 * Work on nodes over kept, multiplexed ssh connections.
 * Errors: node_unreachable (connection lost or refused), command_failed, timed_out, invalid_request, cancelled.
 */
export interface NodeShell {
  /** Public key that nodes must admit. */
  readonly publicKey: string;
  /** Waits until sshd and the nested engine answer. @throws timed_out, node_unreachable. */
  waitUntilReady(node: NodeAddress, signal: AbortSignal): Promise<void>;
  heartbeat(node: NodeAddress, signal: AbortSignal): Promise<Heartbeat>;
  /**
   * Runs a command detached on the node (it survives our connection and our death) and yields its output.
   * At most once: with an `id` that the node has seen, it re-attaches instead of running again.
   */
  exec(node: NodeAddress, spec: ExecSpec, signal: AbortSignal): AsyncIterable<ExecEvent>;
  /** Follows an earlier exec from byte offsets on. @throws not_found when the node does not know it. */
  attach(node: NodeAddress, id: string, from: { readonly stdout: number; readonly stderr: number }, signal: AbortSignal): AsyncIterable<ExecEvent>;
  cancel(node: NodeAddress, id: string): Promise<void>;
  /** Unpacks a tar stream below `path` on the node; streams a tar of `path`. */
  copyTo(node: NodeAddress, path: string, tar: NodeJS.ReadableStream, signal: AbortSignal): Promise<void>;
  copyFrom(node: NodeAddress, path: string, signal: AbortSignal): Promise<NodeJS.ReadableStream>;
  /** Puts the images that the compose documents name onto the nodes, each at most once. */
  ensureImages(nodes: readonly NodeAddress[], images: readonly string[], progress: Progress, signal: AbortSignal): Promise<void>;
  /** Makes an application's containers as the document says; unchanged ones are left running. */
  ensureApp(node: NodeAddress, app: string, compose: ComposeDocument, signal: AbortSignal): Promise<readonly AppView[]>;
  removeApp(node: NodeAddress, app: string, signal: AbortSignal): Promise<void>;
  apps(node: NodeAddress, signal: AbortSignal): Promise<readonly AppView[]>;
  appLogs(node: NodeAddress, container: string, tail: number, signal: AbortSignal): Promise<string>;
  removeContainer(node: NodeAddress, container: string, signal: AbortSignal): Promise<void>;
  /** Writes names of the VC's nodes into /etc/hosts of the node. */
  setHosts(node: NodeAddress, hosts: readonly { readonly name: string; readonly address: string }[], signal: AbortSignal): Promise<void>;
  access(node: NodeAddress): SshAccess;
  /** Forgets the connection to a node that is going away. */
  drop(nodeId: string): void;
  close(): Promise<void>;
}

// ---------------------------------------------------------------- operations, as http calls them

export interface Caller { readonly actor: Actor; readonly origin: Origin; readonly idempotencyKey?: string | undefined }
