import type { Completion, Session } from '../session/session.js';
import type { Json } from './message.js';

export type LanguageSession = Pick<Session, 'complete' | 'inspect' | 'isComplete'>;

/** Answers `complete_request`, `inspect_request` and `is_complete_request`; `undefined` for any other type. */
export async function answerLanguageRequest(session: LanguageSession, type: string, content: Json): Promise<Json | undefined> {
  const code = String(content['code'] ?? '');
  const offset = utf16Offset(code, typeof content['cursor_pos'] === 'number' ? content['cursor_pos'] : Infinity);
  switch (type) {
    case 'complete_request':
      return completeReply(code, await session.complete({ code, offset }));
    case 'inspect_request': {
      const found = await session.inspect({ code, offset });
      const data = found ? { 'text/plain': found.text, ...(found.markdown !== undefined && { 'text/markdown': found.markdown }) } : {};
      return { status: 'ok', found: found !== undefined, data, metadata: {} };
    }
    case 'is_complete_request': {
      const completeness = await session.isComplete(code);
      return { ...completeness };
    }
    default:
      return undefined;
  }
}

function completeReply(code: string, { start, end, items }: Completion): Json {
  const [from, to] = [codePointOffset(code, start), codePointOffset(code, end)];
  return {
    status: 'ok',
    matches: items.map(({ text }) => text),
    cursor_start: from,
    cursor_end: to,
    metadata: { _jupyter_types_experimental: items.map(({ text, kind }) => ({ text, type: kind, start: from, end: to })) }
  };
}

/** The protocol counts code points, TypeScript counts UTF-16 units. */
function utf16Offset(code: string, codePoints: number): number {
  let offset = 0;
  for (let count = 0; count < codePoints && offset < code.length; count++) offset += (code.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  return offset;
}

function codePointOffset(code: string, utf16: number): number {
  return [...code.slice(0, utf16)].length;
}
