import type {
  AppView, ComposeDocument, GroupState, NodeState, OperationKind, OperationResource, OperationState, Origin, SerializedError, Size, UnitDocument, VcDocument
} from '@jupyterlab-vcp/sdk/wire';

/** Rows as the store keeps them. Ids are lower-case `[a-z0-9-]`, legal in the names and tags of every cloud. Times are ms since 1970 UTC. */
export interface Owned {
  readonly owner: string;
  readonly project: string;
  /** Who made the last change, and where they say it came from. */
  readonly actor: string;
  readonly origin: Origin;
}

export interface VirtualCloud extends Owned {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  /** What is wanted: the document of the current revision. */
  readonly document: VcDocument;
  readonly cidr: string;
  /** Cached derived state, written in the same transaction as what it derives from. */
  readonly state: GroupState;
  readonly reason?: string | undefined;
  readonly createdAt: number;
  readonly changedAt: number;
  /** Set once every resource is gone: the row then is a tombstone. */
  readonly deletedAt?: number | undefined;
}

/** One subnet a (VC, provider, region). */
export interface Network extends Owned {
  readonly id: string;
  readonly vcId: string;
  readonly provider: string;
  readonly region: string;
  readonly cidr: string;
  readonly state: 'wanted' | 'ready' | 'deleting' | 'deleted';
  readonly cloudId?: string | undefined;
  /** The node through which a `gateway` region is reached. */
  readonly gatewayNodeId?: string | undefined;
}

export interface Node extends Owned {
  readonly id: string;
  readonly vcId: string;
  readonly unit: string;
  readonly number: number;
  readonly name: string;
  readonly networkId: string;
  readonly provider: string;
  readonly region: string;
  /** The spec that this node was made with; later edits of the document do not touch it. */
  readonly spec: NodeSpec;
  readonly wanted: 'present' | 'absent';
  readonly state: NodeState;
  readonly reason?: string | undefined;
  readonly address: string;
  readonly cloudId?: string | undefined;
  /** OpenSSH public key line, learnt through the provider's console; never trusted on first use. */
  readonly hostKey?: string | undefined;
  /** The base container answered for the first time since the machine was made. */
  readonly bootedAt?: number | undefined;
  /** `onJoin` was begun; with `joinedAt` absent, it did not end well. */
  readonly joinStartedAt?: number | undefined;
  readonly joinedAt?: number | undefined;
  readonly readyAt?: number | undefined;
  readonly heartbeatAt?: number | undefined;
  readonly createdAt: number;
  /** Applications as last observed. */
  readonly apps: readonly AppView[];
}

/** A unit's document resolved against the catalog, frozen into each node. */
export interface NodeSpec {
  readonly flavor: string;
  readonly size: Size;
  readonly override: Readonly<Record<string, unknown>>;
  readonly publicKeys: readonly string[];
  /** Digest of all the above, so that plan() sees a changed spec cheaply. */
  readonly digest: string;
}

export interface Operation extends Owned {
  readonly id: string;
  readonly kind: OperationKind;
  readonly title: string;
  readonly vcId: string;
  readonly vc: string;
  readonly state: OperationState;
  readonly phase: string;
  readonly request: OperationRequest;
  readonly resources: readonly OperationResource[];
  readonly error?: SerializedError | undefined;
  readonly result?: { readonly summary: string; readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] } | undefined;
  readonly cloudMs: number;
  readonly revision: number;
  readonly cancelRequested: boolean;
  readonly resolves?: string | undefined;
  readonly createdAt: number;
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

/** What an operation has to bring about; written with it in one transaction. Node ids were made then, too. */
export interface OperationRequest {
  readonly create: readonly string[];
  readonly remove: readonly string[];
  /** Units whose applications or hooks changed and have to be reconciled on existing nodes. */
  readonly reconcile: readonly string[];
  readonly deleteVc: boolean;
  readonly onFailure: 'keep' | 'rollback';
  /** Broken nodes that are started or made again under their id. */
  readonly repair: readonly string[];
  /** Applications that the units no longer want. */
  readonly removeApps: Readonly<Record<string, readonly string[]>>;
  /** `onLeave` scripts of the units whose nodes go, as they were wanted when this was accepted. */
  readonly onLeave: Readonly<Record<string, string>>;
  /** Units whose document this operation changed: what a rollback puts back. */
  readonly units: readonly string[];
}

/** Intent first, then the external act, then the outcome. */
export interface JournalEntry {
  readonly seq: number;
  readonly at: number;
  readonly bootEpoch: number;
  readonly operation: string;
  readonly resource: string;
  readonly act: string;
  readonly phase: 'intent' | 'done' | 'failed';
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Who holds a resource. A row exists only while the operation is unfinished. */
export interface Claim { readonly resource: string; readonly operation: string }

export interface IdempotencyRecord {
  readonly key: string;
  readonly actor: string;
  readonly bodyDigest: string;
  readonly operation: string;
  readonly delivered: boolean;
  readonly expiresAt: number;
}

export interface Revision extends Owned {
  readonly vcId: string;
  readonly revision: number;
  readonly document: VcDocument;
  readonly operation: string;
  readonly summary: string;
  readonly at: number;
}

export interface ExecRecord extends Owned {
  readonly id: string;
  readonly vcId: string;
  readonly nodeId: string;
  readonly state: 'started' | 'exited' | 'timed-out' | 'cancelled' | 'unknown';
  readonly exitCode?: number | undefined;
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
}

export interface Actor { readonly user: string; readonly project: string; readonly role: 'administrator' | 'user' }

export type { ComposeDocument, UnitDocument, VcDocument };
