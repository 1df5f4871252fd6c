import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Utf8Chunks, type Utf8Chunk } from './utf8-chunks.js';

function chunksOf(bytes: Buffer, cuts: readonly number[], offset = 0): readonly Utf8Chunk[] {
  const chunks = new Utf8Chunks(offset);
  const seen: (Utf8Chunk | undefined)[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = cuts[turn % cuts.length] ?? 1;
    seen.push(chunks.push(bytes.subarray(at, at + length)));
    at += length;
  }
  seen.push(chunks.end());
  return seen.filter(chunk => chunk !== undefined);
}

const cutsOf = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 });

describe('Utf8Chunks', () => {
  it('never cuts a character in two', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), cutsOf, (text, cuts) => {
      const bytes = Buffer.from(text);
      const chunks = chunksOf(bytes, cuts);
      expect(chunks.map(chunk => chunk.data).join('')).toBe(bytes.toString('utf8'));
      for (const chunk of chunks) expect(Buffer.byteLength(chunk.data)).toBe(chunk.bytes);
    }));
  });

  it('turns what is no UTF-8 into U+FFFD, the same wherever it is cut', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), cutsOf, (raw, cuts) => {
      const bytes = Buffer.from(raw);
      expect(chunksOf(bytes, cuts).map(chunk => chunk.data).join('')).toBe(bytes.toString('utf8'));
    }));
  });

  it('counts offsets in bytes without a gap', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), cutsOf, fc.nat(1000), (raw, cuts, offset) => {
      let at = offset;
      for (const chunk of chunksOf(Buffer.from(raw), cuts, offset)) {
        expect(chunk.offset).toBe(at);
        at += chunk.bytes;
      }
      expect(at).toBe(offset + raw.length);
    }));
  });
});
