import { VcpError } from '../wire/index.js';
import type { Transport, TransportRequest, TransportResponse } from './transport.js';

export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/** For pages: `fetchLike` is the page's own way to make authenticated requests (cookies, XSRF). */
export function fetchTransport(baseUrl: string, fetchLike: FetchLike = (url, init) => fetch(url, init)): Transport {
  const base = baseUrl.replace(/\/+$/, '');
  return {
    where: base,
    close: () => undefined,
    async send(request: TransportRequest): Promise<TransportResponse> {
      const response = await fetchLike(base + request.path, {
        method: request.method,
        headers: { ...request.headers },
        ...(request.body === undefined ? {} : { body: typeof request.body === 'string' ? request.body : await collect(request.body) }),
        ...(request.signal === undefined ? {} : { signal: request.signal })
      }).catch((error: unknown) => { throw connectionError(error, base, request.signal); });
      return {
        status: response.status,
        header: name => response.headers.get(name) ?? undefined,
        text: () => response.text(),
        body: pieces(response, base, request.signal)
      };
    }
  };
}

export function connectionError(cause: unknown, where: string, signal: AbortSignal | undefined): VcpError {
  if (signal?.aborted === true) return new VcpError('cancelled', 'The request was stopped.', { cause });
  return new VcpError('controller_unavailable', `No controller answers at ${where}.`, { hint: 'Start it with: vcp controller start', cause });
}

async function* pieces(response: Response, where: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => { throw connectionError(error, where, signal); });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of body) parts.push(new Uint8Array(part));
  return new Blob(parts);
}
