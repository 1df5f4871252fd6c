import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';

/** Carries http over channels of an ssh connection. One channel a request: a new one costs a packet each way, a kept one could die unnoticed. */
export class ChannelAgent extends Agent {
  readonly #open: () => Promise<Duplex>;

  constructor(open: () => Promise<Duplex>, channels: number) {
    super({ keepAlive: false, maxSockets: channels });
    this.#open = open;
  }

  override createConnection(_options: ClientRequestArgs, done?: (error: Error | null, stream: Duplex) => void): undefined {
    this.#open().then(
      channel => done?.(null, dressAsSocket(channel)),
      (error: Error) => done?.(error, undefined as never)
    );
    return undefined;
  }
}

/** The methods of a socket that http calls and a channel lacks. */
function dressAsSocket(channel: Duplex): Duplex {
  const nothing = (): Duplex => channel;
  return Object.assign(channel, { setKeepAlive: nothing, setNoDelay: nothing, setTimeout: nothing, ref: nothing, unref: nothing, destroySoon: () => channel.destroy() });
}
