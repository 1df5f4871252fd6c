import { createInterface } from 'node:readline';

/** One line of what the engine reports while it builds, pulls or imports. */
export interface EngineEvent { readonly stream?: string; readonly status?: string; readonly error?: string; readonly errorDetail?: { readonly message?: string } }

/**
 * Reads a progress stream to its end. The engine answers 200 before it begins and reports failure in the stream.
 * @throws Error with the engine's words when the stream reports one.
 */
export async function followProgress(stream: NodeJS.ReadableStream, signal: AbortSignal, onEvent: (event: EngineEvent) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) {
    if (line.trim() === '') continue;
    const event = JSON.parse(line) as EngineEvent;
    const failure = event.errorDetail?.message ?? event.error;
    if (failure !== undefined) throw new Error(failure.trim());
    onEvent(event);
  }
  signal.throwIfAborted();
}
