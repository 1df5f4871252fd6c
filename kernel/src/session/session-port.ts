import type { MessagePort, Worker } from 'node:worker_threads';
import type { CompileRequest, CompileResult, Completeness, Completion, CursorRequest, Inspection, Session, SessionOptions } from './session.js';

type Method = keyof Session;

/** One end of a connection between threads. */
export interface ThreadPort {
  onMessage(listener: (message: unknown) => void): void;
  post(message: unknown): void;
}

/** The connection that a message port, or a worker, is. */
export function threadPort(port: MessagePort | Worker): ThreadPort {
  return {
    onMessage: (listener) => void (port as MessagePort).on('message', listener),
    post: (message) => port.postMessage(message)
  };
}

interface Call {
  readonly id: number;
  readonly method: Method;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** The engine's thread ended while a call was under way. */
export class SessionLostError extends Error {
  override readonly name = 'SessionLostError';
}

/** Answers the calls that arrive at a port, one after the other. `onAnswered` is called behind each answer. */
export function serveSession(session: Session, port: ThreadPort, onAnswered: () => void = () => undefined): void {
  port.onMessage((message) => {
    const call = message as Call;
    const method = session[call.method].bind(session) as (argument: unknown) => Promise<unknown>;
    const answered = method(call.argument).then(
      (result) => port.post({ id: call.id, result } satisfies Answer),
      (error: unknown) => port.post({ id: call.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies Answer)
    );
    void answered.then(onAnswered);
  });
}

/** A session in another thread. */
export class SessionPort implements Session {
  readonly #port: ThreadPort;
  readonly #pending = new Map<number, { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }>();
  #nextId = 0;

  constructor(port: ThreadPort) {
    this.#port = port;
    port.onMessage((message) => {
      const { id, result, error } = message as Answer;
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) pending?.resolve(result as never);
      else pending?.reject(new Error(`The language session failed: ${error}`));
    });
  }

  /** Ends every call under way, because no answer will come. */
  lose(reason: string): void {
    for (const { reject } of this.#pending.values()) reject(new SessionLostError(reason));
    this.#pending.clear();
  }

  open(options: SessionOptions): Promise<void> {
    return this.#call('open', options);
  }

  compile(request: CompileRequest): Promise<CompileResult> {
    return this.#call('compile', request);
  }

  complete(request: CursorRequest): Promise<Completion> {
    return this.#call('complete', request);
  }

  inspect(request: CursorRequest): Promise<Inspection | undefined> {
    return this.#call('inspect', request);
  }

  isComplete(code: string): Promise<Completeness> {
    return this.#call('isComplete', code);
  }

  dispose(): Promise<void> {
    return this.#call('dispose', undefined);
  }

  #call<T>(method: Method, argument: unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const id = ++this.#nextId;
      this.#pending.set(id, { resolve, reject });
      this.#port.post({ id, method, argument } satisfies Call);
    });
  }
}
