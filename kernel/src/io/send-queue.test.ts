import { describe, expect, it } from 'vitest';
import { SendQueue } from './send-queue.js';

/** Refuses a second send while one is under way, as the ZeroMQ binding does. */
class OneAtATime {
  readonly sent: string[] = [];
  #busy = false;

  async send(frames: (Buffer | string)[]): Promise<void> {
    if (this.#busy) throw new Error('EBUSY');
    this.#busy = true;
    await new Promise((resolve) => setImmediate(resolve));
    this.#busy = false;
    if (frames[0] === 'bad') throw new Error('refused');
    this.sent.push(String(frames[0]));
  }
}

describe('SendQueue', () => {
  it('sends everything in order, one after the other', async () => {
    const socket = new OneAtATime();
    const errors: unknown[] = [];
    const queue = new SendQueue(socket, (error) => errors.push(error));
    const names = Array.from({ length: 600 }, (_, index) => String(index));
    for (const name of names) queue.push([name]);
    await queue.drained();
    expect([socket.sent, errors]).toEqual([names, []]);
  });

  it('goes on behind a message that cannot be sent', async () => {
    const socket = new OneAtATime();
    const errors: unknown[] = [];
    const queue = new SendQueue(socket, (error) => errors.push(error));
    for (const name of ['a', 'bad', 'b']) queue.push([name]);
    await queue.drained();
    expect(socket.sent).toEqual(['a', 'b']);
    expect(errors).toHaveLength(1);
  });
});
