import { VcpError, type AllowRemove, type OperationView } from '../wire/index.js';
import { currentDefaults } from './defaults.js';
import { revivingClient } from './reviving-client.js';
import type { AcceptedChange, CallOptions, ChangeOptions, VcpClient } from './vcp-client.js';
import { outcomeOf } from './wait-for-operation.js';

/** What every call that waits for an operation takes. */
export interface WaitingOptions {
  /** Stops the waiting; the operation goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each new state of the operation. */
  readonly onProgress?: ((operation: OperationView) => void) | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** How many nodes may go: a number (of the unit meant), or by unit. */
export type AllowedRemovals = number | AllowRemove;

let shared: VcpClient | undefined;

/** The client of this process, made at first use. A kernel may put its own in its place (setDefaults). */
export function sharedClient(): VcpClient {
  shared ??= revivingClient({ origin: { client: 'sdk' } });
  return shared;
}

/** What the objects of one `VcpSDK` have in common: the client, and the name of the virtual cloud. */
export class SdkContext {
  readonly #client: VcpClient | undefined;
  readonly #name: string | undefined;

  constructor(client: VcpClient | undefined, name: string | undefined) {
    this.#client = client;
    this.#name = name;
  }

  get client(): VcpClient {
    return this.#client ?? currentDefaults().client ?? sharedClient();
  }

  /** True when the program itself named the virtual cloud. */
  get isNamed(): boolean {
    return this.#name !== undefined;
  }

  /** @throws VcpError invalid_request when no virtual cloud is named and none is in use. */
  get vc(): string {
    const name = this.#name ?? currentDefaults().vc;
    if (name === undefined) throw new VcpError('invalid_request', 'No virtual cloud is named.', { hint: 'Name it: new VcpSDK(undefined, "my-cloud"), or choose one with: %vc use NAME' });
    return name;
  }

  call(options: { readonly signal?: AbortSignal | undefined } = {}): CallOptions {
    return { signal: joined(options.signal, currentDefaults().signal) };
  }

  change(options: WaitingOptions = {}): ChangeOptions {
    const defaults = currentDefaults();
    return { ...this.call(options), origin: defaults.origin, idempotencyKey: options.idempotencyKey ?? defaults.idempotencyKey?.() };
  }

  /** Sends a change and waits for its end. @throws VcpError the operation's own error. */
  async perform(send: (client: VcpClient, options: ChangeOptions) => Promise<AcceptedChange>, options: WaitingOptions = {}): Promise<OperationView> {
    const onProgress = options.onProgress ?? currentDefaults().onProgress;
    const change = this.change(options);
    const { client } = this;
    const { operation } = await send(client, change);
    return outcomeOf(client, operation.id, { signal: change.signal, onProgress });
  }
}

export function allowedOf(allowed: AllowedRemovals | undefined, unit: string): AllowRemove {
  return allowed === undefined ? {} : typeof allowed === 'number' ? { [unit]: allowed } : allowed;
}

function joined(first: AbortSignal | undefined, second: AbortSignal | undefined): AbortSignal | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return AbortSignal.any([first, second]);
}
