import { textLines } from './text-lines.js';

/** One frame of a `text/event-stream`; a frame with an id and no data only moves the position. */
export interface ServerSentFrame { readonly id?: string; readonly event?: string; readonly data?: string }

/** Reads frames; comments are given as empty frames, so that the reader sees that the other end lives. */
export async function* serverSentFrames(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentFrame> {
  let frame: { id?: string; event?: string; data?: string } = {};
  for await (const line of textLines(pieces)) {
    if (line === '') {
      if (Object.keys(frame).length > 0) yield frame;
      frame = {};
      continue;
    }
    if (line.startsWith(':')) {
      yield {};
      continue;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line)!;
    if (field === 'data') frame.data = frame.data === undefined ? value : `${frame.data}\n${value}`;
    else if (field === 'id' || field === 'event') frame[field] = value;
  }
}
