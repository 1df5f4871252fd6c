import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeapKeeper } from './heap-keeper.js';

describe('HeapKeeper', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const after = (usedBytes: number, answers = 1): number => {
    const collect = vi.fn();
    const keeper = new HeapKeeper(collect, () => usedBytes);
    for (let answer = 0; answer < answers; answer++) keeper.afterAnswer();
    vi.advanceTimersByTime(299);
    const early = collect.mock.calls.length;
    vi.advanceTimersByTime(1);
    return early > 0 ? -early : collect.mock.calls.length;
  };

  it('leaves a small heap alone', () => expect(after(90e6)).toBe(0));
  it('collects once when idle, however many answers came before', () => expect(after(200e6, 5)).toBe(1));
  it('collects at once when very much has gathered', () => expect(after(400e6)).toBe(-1));
});
