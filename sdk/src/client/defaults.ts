import type { OperationView, Origin, Plan } from '../wire/index.js';
import type { VcpClient } from './vcp-client.js';

/** What calls use when they are not told otherwise. A kernel answers for the cell that is running. */
export interface Defaults {
  readonly signal?: AbortSignal | undefined;
  /** Called with each new state of an operation that a call waits for. */
  readonly onProgress?: ((operation: OperationView) => void) | undefined;
  readonly origin?: Origin | undefined;
  /** A key for the next change of the cell (its ordinal is part of it). */
  readonly idempotencyKey?: (() => string) | undefined;
  readonly client?: VcpClient | undefined;
  /** Name of the virtual cloud in use. */
  readonly vc?: string | undefined;
  /** Asked with the plan before `vc.apply` acts, unless `yes` or a plan digest was given. */
  readonly ask?: ((plan: Plan) => Promise<boolean> | boolean) | undefined;
}

let provider: () => Defaults = () => ({});

/** Sets who answers for defaults; it is asked anew at each call. */
export function setDefaults(answer: () => Defaults): void {
  provider = answer;
}

export function currentDefaults(): Defaults {
  return provider();
}
