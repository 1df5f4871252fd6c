import { checkCompose, VcpError, type AppView, type ComposeDocument, type ComposeService } from '../wire/index.js';
import { execOnNode, type ExecOptions, type ExecResult } from './node-exec.js';
import type { SdkContext } from './sdk-context.js';

/** Application containers of one node. What is started here is not wanted state of the unit: new nodes do not get it. */
export class NodeContainers {
  readonly #context: SdkContext;
  readonly #vc: string;
  readonly #node: string;

  constructor(context: SdkContext, vc: string, node: string) {
    this.#context = context;
    this.#vc = vc;
    this.#node = node;
  }

  /**
   * Starts an application: an image, one service, or a compose document. An unchanged one is left running.
   * @throws VcpError invalid_request naming what is outside the documented subset of Compose.
   */
  async run(app: string, what: string | ComposeService | ComposeDocument, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly AppView[]> {
    const compose: unknown = typeof what === 'string' ? { services: { [app]: { image: what } } } : 'services' in what ? what : { services: { [app]: what } };
    const checked = checkCompose(compose);
    if (!checked.ok) throw new VcpError('invalid_request', `The application ${app} cannot be run: ${checked.findings[0]!.message}`, { at: checked.findings.map(finding => ({ path: finding.path.join('.'), message: finding.message, ...(finding.nearest === undefined ? {} : { nearest: finding.nearest }) })) });
    const { signal, origin } = this.#context.change({ ...options, idempotencyKey: '' });
    return this.#context.client.runContainers(this.#vc, this.#node, { app, compose: checked.value }, { signal, origin });
  }

  list(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<readonly AppView[]> {
    return this.#context.client.listContainers(this.#vc, this.#node, this.#context.call(options));
  }

  /** Runs a command in a container; a non-zero code is a result, not an error. */
  exec(container: string, command: string | readonly string[], options: Omit<ExecOptions, 'container'> = {}): Promise<ExecResult> {
    return execOnNode(this.#context, this.#vc, this.#node, command, { ...options, container });
  }

  remove(container: string, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    return this.#context.client.removeContainer(this.#vc, this.#node, container, this.#context.call(options));
  }

  /** The last lines (default 200) that a container wrote. */
  logs(container: string, options: { readonly tail?: number | undefined; readonly signal?: AbortSignal | undefined } = {}): Promise<string> {
    return this.#context.client.containerLogs(this.#vc, this.#node, container, { tail: options.tail }, this.#context.call(options));
  }
}
