import type { MessagePort } from 'node:worker_threads';
import type { Json } from './io/message.js';
import type { StreamName } from './io/stream-coalescer.js';

/** A cell to run, as the I/O thread hands it to the main thread. */
export interface ExecuteRequest {
  /** Number of the request, by which both threads name the cell. 0 is nobody's. */
  readonly cell: number;
  readonly code: string;
  readonly executionCount: number;
  readonly isSilent: boolean;
  readonly allowsStdin: boolean;
  /** Identity of the cell in its notebook, where the front end says it. */
  readonly cellId: string | undefined;
  readonly userExpressions: Readonly<Record<string, string>>;
}

export type ToMain =
  /** The sockets are open. */
  | { readonly type: 'open' }
  | { readonly type: 'execute'; readonly request: ExecuteRequest }
  | { readonly type: 'interrupt'; readonly cell: number }
  | { readonly type: 'input-reply'; readonly value: string }
  /** A front end asked the kernel to end; whatever cells left open should be closed now. */
  | { readonly type: 'shutdown' }
  /** All sockets are closed: the process may end. */
  | { readonly type: 'closed'; readonly exitCode: number };

export type ToIo =
  | { readonly type: 'stream'; readonly cell: number; readonly name: StreamName; readonly text: string }
  | { readonly type: 'publish'; readonly cell: number; readonly message: { readonly type: string; readonly content: Json; readonly metadata?: Json } }
  | { readonly type: 'finished'; readonly cell: number; readonly reply: Json }
  | { readonly type: 'input'; readonly cell: number; readonly prompt: string; readonly password: boolean }
  | { readonly type: 'interrupt-received' }
  /** Ctrl-C reached the process itself. */
  | { readonly type: 'interrupt' }
  | { readonly type: 'exit'; readonly exitCode: number }
  /** What cells left open is closed. */
  | { readonly type: 'shutdown-done' }
  | { readonly type: 'session'; readonly port: MessagePort };

export interface IoWorkerData {
  readonly connectionFile: string;
  readonly version: string;
  /** Shared counter of `OutputBudget`. */
  readonly budget: SharedArrayBuffer;
}
