import { ServerConnection } from '@jupyterlab/services';
import { URLExt } from '@jupyterlab/coreutils';
import type { ErrorCode, ErrorPlace, ProblemDetails } from '@jupyterlab-vcp/sdk/wire';

/** Where the server extension answers, below the server's base URL. */
const NAMESPACE = 'jupyterlab-vcp';

/** Two codes of the page's own beside the controller's: no server extension there, no Jupyter server there. */
export type RequestErrorCode = ErrorCode | 'no_server_extension' | 'server_unreachable';

/**
 * What a request failed with: the controller's own error, rebuilt.
 * The class of the wire contract is not used here: importing it would bring the schemas' 450 kB into the page.
 */
export class RequestError extends Error {
  readonly code: RequestErrorCode;
  readonly hint: string | undefined;
  readonly at: readonly ErrorPlace[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: RequestErrorCode, message: string, problem: Partial<Pick<ProblemDetails, 'hint' | 'at' | 'details'>> = {}) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
    this.hint = problem.hint;
    this.at = problem.at ?? [];
    this.details = problem.details ?? {};
  }
}

export interface IRequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One exchange with the server extension, with Jupyter's own login and XSRF protection.
 * @param path below the extension, for example `status` or `api/v1/vcs`
 * @throws RequestError
 */
export async function requestJson<T>(settings: ServerConnection.ISettings, path: string, options: IRequestOptions = {}): Promise<T> {
  const url = URLExt.join(settings.baseUrl, NAMESPACE) + '/' + path;
  const init: RequestInit = {
    method: options.method ?? 'GET',
    headers: { accept: 'application/json', ...(options.body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) })
  };
  const response = await ServerConnection.makeRequest(url, init, settings).catch((error: unknown) => {
    throw new RequestError('server_unreachable', error instanceof Error ? error.message : String(error));
  });
  const text = await response.text();
  if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
  throw toError(response, text);
}

function toError(response: Response, text: string): RequestError {
  const problem = readProblem(text);
  if (problem !== undefined) return new RequestError(problem.code, problem.detail, problem);
  if (response.status === 404) return new RequestError('no_server_extension', `${response.status} ${response.statusText}`);
  return new RequestError(response.status === 403 ? 'forbidden' : 'internal', `${response.status} ${response.statusText}`);
}

function readProblem(text: string): ProblemDetails | undefined {
  try {
    const value = JSON.parse(text) as Partial<ProblemDetails> | null;
    return typeof value?.code === 'string' && typeof value.detail === 'string' ? (value as ProblemDetails) : undefined;
  } catch {
    return undefined;
  }
}
