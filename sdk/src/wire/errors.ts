/**
 * The closed set of error codes. A code is what programs branch on; the message is for people.
 * Their HTTP status lives in the controller's `http/` room, their meaning in docs/errors.md.
 */
export const ERROR_CODES = [
  'invalid_request',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'cancelled',
  'stale_revision',
  'removal_not_allowed',
  'confirmation_required',
  'idempotency_mismatch',
  'too_large',
  'rate_limited',
  'quota_exceeded',
  'not_supported',
  'internal',
  'provider_failed',
  'provider_denied',
  'provider_unavailable',
  'no_capacity',
  'node_unreachable',
  'command_failed',
  'timed_out',
  'store_read_only',
  'controller_unavailable'
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** One thing that is wrong with an input, and where. Lines and columns count from 1. */
export interface ErrorPlace {
  readonly path?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  /** The nearest valid value, where one is near. */
  readonly nearest?: string;
}

/** RFC 9457 body, `application/problem+json`, as `http/` sends and the SDK rebuilds it. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly hint?: string;
  readonly at?: readonly ErrorPlace[];
  readonly operation?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** How an error is kept in an operation and sent as JSON. Never carries a stack or a secret. */
export interface SerializedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly at?: readonly ErrorPlace[];
  readonly operation?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface VcpErrorOptions {
  readonly hint?: string;
  readonly at?: readonly ErrorPlace[];
  readonly operation?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const MARK = Symbol.for('jupyterlab-vcp.VcpError');

/**
 * The one error of this product.
 * `message` says what failed and on which thing, `hint` is one action for the reader.
 */
export class VcpError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly at: readonly ErrorPlace[];
  readonly operation: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly [MARK] = true;

  constructor(code: ErrorCode, message: string, options: VcpErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'VcpError';
    this.code = code;
    this.hint = options.hint;
    this.at = options.at ?? [];
    this.operation = options.operation;
    this.details = options.details;
  }

  toJSON(): SerializedError {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.at.length === 0 ? {} : { at: this.at }),
      ...(this.operation === undefined ? {} : { operation: this.operation }),
      ...(this.details === undefined ? {} : { details: this.details })
    };
  }

  static from(serialized: SerializedError): VcpError {
    return new VcpError(serialized.code, serialized.message, serialized);
  }
}

/** True also for an error made by another copy of this module (the kernel bundles its own). */
export function isVcpError(value: unknown): value is VcpError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[MARK] === true;
}

/** Wraps anything thrown: what is not a VcpError becomes `internal` with the cause kept for the log. */
export function toVcpError(value: unknown): VcpError {
  if (isVcpError(value)) return value;
  return new VcpError('internal', 'Something inside went wrong.', {
    hint: 'Run the command again; if it comes back, look into the controller log.',
    cause: value
  });
}
