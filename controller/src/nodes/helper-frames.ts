/**
 * What we and the program on the node say to each other over one ssh channel, both ways:
 * `u32 length of the rest, u8 type, u32 stream, payload`, big-endian. A stream is one exec that is followed, or one question.
 */
export const TO_NODE = { start: 1, attach: 2, cancel: 3, detach: 4, stdin: 5, ack: 6, read: 7 } as const;
export const FROM_NODE = { hello: 65, started: 66, output: 67, exit: 68, failed: 69, reply: 70 } as const;

const HEADER_BYTES = 9;
/** No frame of the node is larger; a larger one means that we read something else (a banner, an error text). */
const LARGEST_FRAME_BYTES = 4 * 1024 * 1024;

export interface Frame { readonly type: number; readonly stream: number; readonly payload: Buffer }

export function encodeFrame(type: number, stream: number, payload: Uint8Array | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeUInt32BE(HEADER_BYTES - 4 + body.length, 0);
  frame.writeUInt8(type, 4);
  frame.writeUInt32BE(stream, 5);
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** Texts one after the other, each after its length in bytes (Perl: `(N/a*)*`). */
export function encodeFields(fields: readonly (string | Uint8Array)[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const field of fields) {
    const bytes = typeof field === 'string' ? Buffer.from(field) : field;
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length, 0);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

/** @throws Error when the text ends in the middle of a field. */
export function decodeFields(payload: Buffer): readonly string[] {
  const fields: string[] = [];
  for (let at = 0; at < payload.length;) {
    const length = at + 4 <= payload.length ? payload.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    if (at + 4 + length > payload.length) throw new Error('a field of a frame is cut off');
    fields.push(payload.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}

/** Puts frames together again from however the bytes arrive. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws Error when this is not our protocol. */
  push(bytes: Buffer): readonly Frame[] {
    const buffer = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames: Frame[] = [];
    let at = 0;
    while (buffer.length - at >= HEADER_BYTES) {
      const length = buffer.readUInt32BE(at);
      if (length < HEADER_BYTES - 4 || length > LARGEST_FRAME_BYTES) throw new Error('the node does not speak the helper protocol');
      if (buffer.length - at < 4 + length) break;
      frames.push({ type: buffer.readUInt8(at + 4), stream: buffer.readUInt32BE(at + 5), payload: buffer.subarray(at + HEADER_BYTES, at + 4 + length) });
      at += 4 + length;
    }
    this.#rest = buffer.subarray(at);
    return frames;
  }
}

/** `u8 which (1 stdout, 2 stderr), u64 offset, bytes`. */
export function decodeOutput(payload: Buffer): { readonly name: 'stdout' | 'stderr'; readonly offset: number; readonly bytes: Buffer } {
  return { name: payload.readUInt8(0) === 1 ? 'stdout' : 'stderr', offset: Number(payload.readBigUInt64BE(1)), bytes: payload.subarray(9) };
}

export function encodeAttach(id: string, from: { readonly stdout: number; readonly stderr: number }): Buffer {
  const offsets = Buffer.allocUnsafe(16);
  offsets.writeBigUInt64BE(BigInt(from.stdout), 0);
  offsets.writeBigUInt64BE(BigInt(from.stderr), 8);
  return Buffer.concat([encodeFields([id]), offsets]);
}
