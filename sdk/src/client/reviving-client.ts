import { IDEMPOTENCY_HEADER, VcpError, isVcpError, type Origin } from '../wire/index.js';
import { controllerHome, readControllerFile, sharedControllerUrl, type ConnectionOptions } from './controller-connection.js';
import { ensureController, type EnsureOptions } from './ensure-controller.js';
import type { Transport, TransportRequest, TransportResponse } from './transport.js';
import { VcpClient } from './vcp-client.js';

/**
 * A client that starts the controller when it is first needed, and again after it crashed.
 * A controller that somebody stopped is started again by the next request, but not by a page that only listens.
 */
export function revivingClient(options: EnsureOptions & { readonly origin?: Origin | undefined } = {}): VcpClient {
  return new VcpClient(new RevivingTransport(options), { origin: options.origin, ...(sharedControllerUrl(options) === undefined ? {} : { token: options.token ?? process.env['VCP_TOKEN'] }) });
}

class RevivingTransport implements Transport {
  readonly #options: EnsureOptions;
  #current: Promise<Transport> | undefined;

  constructor(options: EnsureOptions) {
    this.#options = options;
  }

  get where(): string {
    return sharedControllerUrl(this.#options) ?? controllerHome(this.#options.home);
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    const transport = await this.#transport(request);
    try {
      return await transport.send(request);
    } catch (error) {
      if (!mayBeSentAgain(request, error) || typeof request.body === 'object') throw error;
      this.#forget(transport);
      return (await this.#transport(request)).send(request);
    }
  }

  close(): void {
    void this.#current?.then(transport => transport.close(), () => undefined);
    this.#current = undefined;
  }

  async #transport(request: TransportRequest): Promise<Transport> {
    if (this.#current === undefined && isListening(request) && await isStopped(this.#options)) {
      throw new VcpError('controller_unavailable', `No controller runs for ${this.where}.`, { hint: 'Start it with: vcp controller start' });
    }
    this.#current ??= ensureController({ ...this.#options, signal: undefined }).then(connection => connection.client.transport);
    const pending = this.#current;
    return pending.catch((error: unknown) => {
      if (this.#current === pending) this.#current = undefined;
      throw error;
    });
  }

  #forget(transport: Transport): void {
    transport.close();
    this.#current = undefined;
  }
}

/** Reading twice is harmless, and so is a change with a key; otherwise only a connection that did not come about proves that nothing was done. */
function mayBeSentAgain(request: TransportRequest, error: unknown): boolean {
  if (!isVcpError(error) || error.code !== 'controller_unavailable') return false;
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ECONNREFUSED' || code === 'ENOENT' || (code === 'ECONNRESET' && (request.method === 'GET' || IDEMPOTENCY_HEADER in request.headers));
}

function isListening(request: TransportRequest): boolean {
  return request.method === 'GET' && /^\/v1\/events(?:\?|$)/.test(request.path);
}

/** A controller that ends in order removes its file; one that crashed leaves it. */
async function isStopped(options: ConnectionOptions): Promise<boolean> {
  return sharedControllerUrl(options) === undefined && (await readControllerFile(controllerHome(options.home))) === undefined;
}
