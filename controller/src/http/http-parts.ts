import type { Actor, CloudService, NodeWorkService } from '../domain/index.js';
import type { ReadyView, VcpEvent, VersionView } from '@jupyterlab-vcp/sdk/wire';
import type { FastifyBaseLogger } from 'fastify';

/** Counted by whoever joins the rooms; `http/` only prints them. */
export interface Statistics {
  readonly operationsByState: Readonly<Record<string, number>>;
  readonly nodesByState: Readonly<Record<string, number>>;
  readonly commits: { readonly count: number; readonly sumMs: number; readonly maxMs: number };
}

/** Everything that `http/` needs from outside. */
export interface HttpParts {
  readonly cloud: CloudService;
  readonly nodeWork: NodeWorkService;
  /** Tells after each commit which events it added. Returns the way to stop. */
  onEvents(listener: (events: readonly VcpEvent[]) => void): () => void;
  /**
   * Who sends this request. @throws VcpError unauthenticated.
   * On a person's own machine the socket's permission has answered already.
   */
  authenticate(headers: Readonly<Record<string, string | string[] | undefined>>): Actor;
  readonly identity: VersionView;
  readiness(): Promise<ReadyView>;
  statistics(): Promise<Statistics>;
  /** Begins the orderly end of the controller; returns at once. */
  stop(): void;
  readonly logger: FastifyBaseLogger;
  readonly clock: { now(): number };
  /** Milliseconds between signs of life on an event stream. */
  readonly heartbeatMs?: number | undefined;
  /** How long a reader of a stream may leave it full before it is dropped. */
  readonly slowReaderMs?: number | undefined;
}
