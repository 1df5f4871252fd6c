/** One HTTP exchange with the controller, whatever carries it: a unix socket, a URL, a page's own fetch. */
export interface TransportRequest {
  readonly method: string;
  /** Absolute path with query, for example `/v1/vcs?limit=10`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TransportResponse {
  readonly status: number;
  header(name: string): string | undefined;
  text(): Promise<string>;
  /** The body piece by piece; leaving the loop early closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Errors: VcpError controller_unavailable when no connection comes about or it breaks, cancelled when `signal` says so.
 * Answers with an error status are no errors here.
 */
export interface Transport {
  /** What people would call the other end, for messages. */
  readonly where: string;
  send(request: TransportRequest): Promise<TransportResponse>;
  close(): void;
}
