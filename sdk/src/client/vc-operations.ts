import type { OperationView } from '../wire/index.js';
import { currentDefaults } from './defaults.js';
import type { SdkContext, WaitingOptions } from './sdk-context.js';
import { outcomeOf } from './wait-for-operation.js';

/** `vc.operations`: what was done to one virtual cloud and is being done. */
export class VcOperations {
  readonly #context: SdkContext;

  constructor(context: SdkContext) {
    this.#context = context;
  }

  /** Newest first. */
  async list(options: { readonly open?: boolean | undefined; readonly limit?: number | undefined; readonly signal?: AbortSignal | undefined } = {}): Promise<readonly OperationView[]> {
    return (await this.#context.client.listOperations({ vc: this.#context.vc, open: options.open, limit: options.limit ?? 50 }, this.#context.call(options))).items;
  }

  get(id: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<OperationView> {
    return this.#context.client.getOperation(id, this.#context.call(options));
  }

  /** Waits for its end. @throws VcpError the operation's own error. */
  wait(id: string, options: WaitingOptions = {}): Promise<OperationView> {
    return outcomeOf(this.#context.client, id, { ...this.#context.call(options), onProgress: options.onProgress ?? currentDefaults().onProgress });
  }

  /** Best effort: an operation that ends before it is stopped has succeeded. */
  cancel(id: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<OperationView> {
    return this.#context.client.cancelOperation(id, this.#context.call(options));
  }
}
