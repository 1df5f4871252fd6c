import type {
  AddNodesInput, ApplyInput, ComposeDocument, CreateUnitInput, ExecEvent, ExecRequest, AppView, NodeView, OperationView, Page, Plan, ProviderView, RemoveNodesInput, ScaleInput, SshAccess, UnitView, VcDocument, VcpEvent, VcView
} from '@jupyterlab-vcp/sdk/wire';
import type { Caller } from './ports.js';

/** What `http/` calls. Implemented in `operations/`; every method asks `can()` first (forbidden, not_found). */

/** A change was accepted: `attached` = an earlier, unfinished or undelivered operation of the same key was found. */
export interface Accepted { readonly operation: OperationView; readonly attached: boolean }

/** A VC is named by name or id; a unit by name; a node by name or id. */
export interface CloudService {
  plan(caller: Caller, vc: string, document: VcDocument): Promise<Plan>;
  /** @throws stale_revision, removal_not_allowed (details.plan = the plan), invalid_request, idempotency_mismatch, quota_exceeded. */
  apply(caller: Caller, vc: string, input: ApplyInput): Promise<Accepted>;
  createUnit(caller: Caller, vc: string, input: CreateUnitInput): Promise<Accepted>;
  deleteUnit(caller: Caller, vc: string, unit: string, allowRemove: Readonly<Record<string, number>>): Promise<Accepted>;
  scale(caller: Caller, vc: string, unit: string, input: ScaleInput): Promise<Accepted>;
  addNodes(caller: Caller, vc: string, unit: string, input: AddNodesInput): Promise<Accepted>;
  removeNodes(caller: Caller, vc: string, input: RemoveNodesInput): Promise<Accepted>;
  setApp(caller: Caller, vc: string, unit: string, app: string, compose: ComposeDocument): Promise<Accepted>;
  removeApp(caller: Caller, vc: string, unit: string, app: string): Promise<Accepted>;
  /** Always accepted (also while other operations run: they are cancelled). @throws confirmation_required unless `confirm` is the VC's name. */
  deleteVc(caller: Caller, vc: string, confirm: string | undefined): Promise<Accepted>;
  exportVc(caller: Caller, vc: string): Promise<VcDocument>;
  cancel(caller: Caller, operation: string): Promise<OperationView>;
  /** The kernel tells that the result reached it: the idempotency key no longer attaches. */
  delivered(caller: Caller, operation: string): Promise<void>;

  listVcs(caller: Caller, page: PageRequest): Promise<Page<VcView>>;
  getVc(caller: Caller, vc: string): Promise<VcView>;
  listUnits(caller: Caller, vc: string): Promise<Page<UnitView>>;
  getUnit(caller: Caller, vc: string, unit: string): Promise<UnitView>;
  listNodes(caller: Caller, vc: string, page: PageRequest): Promise<Page<NodeView>>;
  getNode(caller: Caller, vc: string, node: string): Promise<NodeView>;
  listOperations(caller: Caller, query: PageRequest & { readonly vc?: string | undefined; readonly open?: boolean | undefined }): Promise<Page<OperationView>>;
  getOperation(caller: Caller, operation: string): Promise<OperationView>;
  /** Events that this caller may see, with seq > after. `reset` = the seq asked for is no longer held. */
  listEvents(caller: Caller, query: { readonly after: number; readonly limit: number; readonly vc?: string | undefined; readonly operation?: string | undefined }): Promise<{ readonly events: readonly VcpEvent[]; readonly newest: number; readonly reset: boolean }>;
  listProviders(caller: Caller): Promise<readonly ProviderView[]>;
  getProvider(caller: Caller, provider: string): Promise<ProviderView>;
}

export interface PageRequest { readonly cursor?: string | undefined; readonly limit: number }

/** Work on nodes that is not wanted state: exec, files, containers started by hand. */
export interface NodeWorkService {
  exec(caller: Caller, vc: string, node: string, request: ExecRequest, signal: AbortSignal): AsyncIterable<ExecEvent>;
  attach(caller: Caller, exec: string, from: { readonly stdout: number; readonly stderr: number }, signal: AbortSignal): AsyncIterable<ExecEvent>;
  cancelExec(caller: Caller, exec: string): Promise<void>;
  copyTo(caller: Caller, vc: string, node: string, path: string, tar: NodeJS.ReadableStream, signal: AbortSignal): Promise<void>;
  copyFrom(caller: Caller, vc: string, node: string, path: string, signal: AbortSignal): Promise<NodeJS.ReadableStream>;
  sshAccess(caller: Caller, vc: string, node: string): Promise<SshAccess>;
  containers(caller: Caller, vc: string, node: string, signal: AbortSignal): Promise<readonly AppView[]>;
  runContainers(caller: Caller, vc: string, node: string, app: string, compose: ComposeDocument, signal: AbortSignal): Promise<readonly AppView[]>;
  removeContainer(caller: Caller, vc: string, node: string, container: string, signal: AbortSignal): Promise<void>;
  containerLogs(caller: Caller, vc: string, node: string, container: string, tail: number, signal: AbortSignal): Promise<string>;
}
