import { VcpError, problemSchema } from '../wire/index.js';
import type { TransportResponse } from './transport.js';

/** Makes the VcpError again that the controller sent as `application/problem+json`. */
export async function problemOf(response: TransportResponse): Promise<VcpError> {
  const text = await response.text();
  const parsed = problemSchema.safeParse(asJson(text));
  if (parsed.success) {
    const { code, detail, hint, at, operation, details } = parsed.data;
    return new VcpError(code, detail, {
      ...(hint === undefined ? {} : { hint }), ...(at === undefined ? {} : { at: at as VcpError['at'] }),
      ...(operation === undefined ? {} : { operation }), ...(details === undefined ? {} : { details })
    });
  }
  return new VcpError('controller_unavailable', `The controller's door answered with status ${response.status} and no explanation.`, {
    hint: 'Look at the state with: vcp controller status', details: { status: response.status, body: text.slice(0, 300) }
  });
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
