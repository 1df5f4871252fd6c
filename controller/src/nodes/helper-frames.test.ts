import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFields, encodeFields, encodeFrame, FrameReader } from './helper-frames.js';

describe('FrameReader', () => {
  it('gives back the same frames however the bytes are cut', () => {
    const frame = fc.record({ type: fc.integer({ min: 0, max: 255 }), stream: fc.integer({ min: 0, max: 0xffff_ffff }), payload: fc.uint8Array({ maxLength: 300 }) });
    fc.assert(fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(one => encodeFrame(one.type, one.stream, one.payload)));
      const reader = new FrameReader();
      const seen = [];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const length = cuts[turn % cuts.length] ?? 1;
        seen.push(...reader.push(bytes.subarray(at, at + length)).map(one => ({ ...one, payload: new Uint8Array(one.payload) })));
        at += length;
      }
      expect(seen).toEqual(frames.map(one => ({ ...one, payload: new Uint8Array(one.payload) })));
    }));
  });

  it('refuses bytes that are no frames', () => {
    expect(() => new FrameReader().push(Buffer.from('Welcome to this machine\n'))).toThrow(/does not speak/);
  });
});

describe('encodeFields', () => {
  it('keeps every text as it is', () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme' })), fields => {
      expect(decodeFields(encodeFields(fields))).toEqual(fields);
    }));
  });

  it('does not read beyond a payload that was cut off', () => {
    expect(() => decodeFields(encodeFields(['one', 'two']).subarray(0, -1))).toThrow(/cut off/);
  });
});
