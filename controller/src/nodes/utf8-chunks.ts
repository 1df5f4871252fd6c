/** A piece of text and the bytes of the stream that it stands for. */
export interface Utf8Chunk { readonly data: string; readonly offset: number; readonly bytes: number }

/**
 * Cuts a stream of bytes into text without ever cutting a character in two.
 * Bytes that are no UTF-8 become U+FFFD. Offsets count bytes of the stream.
 */
export class Utf8Chunks {
  #held: Buffer = Buffer.alloc(0);
  #offset: number;

  constructor(offset = 0) {
    this.#offset = offset;
  }

  /** Undefined while there is no whole character yet. */
  push(bytes: Buffer): Utf8Chunk | undefined {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const whole = all.length - unfinishedBytes(all);
    this.#held = Buffer.from(all.subarray(whole));
    return this.#take(all.subarray(0, whole));
  }

  /** What is left when the stream ends: an unfinished character, which becomes U+FFFD. */
  end(): Utf8Chunk | undefined {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return this.#take(rest);
  }

  #take(bytes: Buffer): Utf8Chunk | undefined {
    if (bytes.length === 0) return undefined;
    const chunk = { data: bytes.toString('utf8'), offset: this.#offset, bytes: bytes.length };
    this.#offset += bytes.length;
    return chunk;
  }
}

/** How many bytes at the end may be the beginning of a character whose rest is still to come. */
function unfinishedBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc2 && byte < 0xe0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
