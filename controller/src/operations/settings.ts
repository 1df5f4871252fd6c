import { DEFAULT_POOL } from '../domain/index.js';

/** What can be tuned of operations. Times are milliseconds; a period of 0 turns that watch off. */
export interface OperationsSettings {
  /** Where virtual clouds without a range of their own get one. */
  readonly addressPool: string;
  /** Machines that one provider makes or removes at the same time. */
  readonly nodesAtOnce: number;
  /** How long something that fails for the moment (a provider that does not answer) is tried again. */
  readonly retryMs: number;
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
  /** Until the base container must answer. */
  readonly bootMs: number;
  /** Every so often while a node boots, the provider is asked whether its machine still runs. */
  readonly bootCheckMs: number;
  /** For `onJoin` and `onLeave`. */
  readonly hookMs: number;
  /** Until `ready` must have said yes once. */
  readonly readyMs: number;
  /** For one question to one node: names, heartbeat. */
  readonly nodeAnswerMs: number;
  readonly heartbeatMs: number;
  readonly missesUntilUnreachable: number;
  readonly appsMs: number;
  readonly sweepMs: number;
  /** A resource that nobody knows may be younger than this without being shown. */
  readonly graceMs: number;
  readonly eventsKeptMs: number;
  readonly keysKeptMs: number;
}

export const DEFAULT_SETTINGS: OperationsSettings = {
  addressPool: DEFAULT_POOL,
  nodesAtOnce: 32,
  retryMs: 120_000,
  firstRetryMs: 500,
  longestRetryMs: 10_000,
  bootMs: 300_000,
  bootCheckMs: 5_000,
  hookMs: 600_000,
  readyMs: 600_000,
  nodeAnswerMs: 10_000,
  heartbeatMs: 3_000,
  missesUntilUnreachable: 3,
  appsMs: 30_000,
  sweepMs: 300_000,
  graceMs: 900_000,
  eventsKeptMs: 7 * 86_400_000,
  keysKeptMs: 7 * 86_400_000
};
