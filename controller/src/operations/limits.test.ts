import { describe, expect, it } from 'vitest';
import { TestTimer } from '../../testing/doubles/test-timer.js';
import { KeyedMutex, Limiter, unlessAborted, withTimeLimit } from './limits.js';

const never = new Promise<never>(() => undefined);
const calm = new AbortController().signal;
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  return { promise: new Promise<void>(done => { resolve = done; }), resolve };
}

describe('a limiter', () => {
  it('lets so many work at a time, in order, and forgets those who gave up', async () => {
    const limiter = new Limiter(2);
    const gates = [deferred(), deferred(), deferred(), deferred()];
    const began: number[] = [];
    const impatient = new AbortController();
    const runs = gates.map((gate, index) => limiter.run(index === 2 ? impatient.signal : calm, async () => { began.push(index); await gate.promise; }));
    await Promise.resolve();
    expect(began).toEqual([0, 1]);
    impatient.abort();
    await expect(runs[2]).rejects.toMatchObject({ code: 'cancelled' });
    gates[0]!.resolve();
    await runs[0];
    await Promise.resolve();
    expect(began).toEqual([0, 1, 3]);
    gates[1]!.resolve();
    gates[3]!.resolve();
    await Promise.all([runs[1], runs[3]]);
  });
});

describe('a mutex by key', () => {
  it('keeps work of one key apart and goes on after a failure', async () => {
    const mutex = new KeyedMutex();
    const gate = deferred();
    const order: string[] = [];
    const first = mutex.run('a', async () => { order.push('a1'); await gate.promise; throw new Error('no'); });
    const second = mutex.run('a', async () => { order.push('a2'); });
    await mutex.run('b', async () => { order.push('b'); });
    expect(order).toEqual(['a1', 'b']);
    gate.resolve();
    await expect(first).rejects.toThrow('no');
    await second;
    expect(order).toEqual(['a1', 'b', 'a2']);
  });
});

describe('waiting', () => {
  it('ends with the signal even when the work hangs', async () => {
    const stop = new AbortController();
    const waiting = unlessAborted(never, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    await expect(unlessAborted(Promise.resolve(1), calm)).resolves.toBe(1);
  });

  it('ends after its time, telling the work to stop and what took too long', async () => {
    const clock = new TestTimer();
    let told: AbortSignal | undefined;
    const waiting = withTimeLimit({ ms: 5000, what: 'Asking head-1', signal: calm, clock }, signal => { told = signal; return never; });
    clock.advance(4999);
    await Promise.resolve();
    expect(told!.aborted).toBe(false);
    clock.advance(1);
    await expect(waiting).rejects.toMatchObject({ code: 'timed_out', message: 'Asking head-1 took longer than 5 seconds.' });
    expect(told!.aborted).toBe(true);
  });
});
