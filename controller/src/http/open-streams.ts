import type { FastifyReply } from 'fastify';

/** The answers that may stay open for long: each has a signal that says when its reader went away or the server ends. */
export class OpenStreams {
  readonly #open = new Set<AbortController>();

  /** Aborts when the connection of this answer closes before it was finished, or when the server ends. */
  signalFor(reply: FastifyReply): AbortSignal {
    const controller = new AbortController();
    // Gone while its request was being looked at: "close" does not come again.
    if (reply.raw.destroyed) {
      controller.abort();
      return controller.signal;
    }
    this.#open.add(controller);
    // The response's "close", not the request's: that one comes as soon as the body was read.
    reply.raw.once('close', () => {
      this.#open.delete(controller);
      if (!reply.raw.writableFinished) controller.abort();
    });
    return controller.signal;
  }

  /** Tells all of them to end. */
  end(): void {
    for (const controller of this.#open) controller.abort();
  }
}
