import { describe, expect, it } from 'vitest';
import { MessageCodec } from './message.js';

const message = { type: 'stream', content: { text: 'é😀' }, metadata: {} };
const wire = (codec: MessageCodec): Buffer[] => codec.encode(['id'], message, undefined).map((frame) => Buffer.from(frame));

describe('MessageCodec', () => {
  it('reads what it writes', () => {
    const codec = new MessageCodec('key');
    const { identities, header, content } = codec.decode(wire(codec));
    expect([identities.map(String), header.msg_type, content]).toEqual([['id'], 'stream', { text: 'é😀' }]);
  });

  it('refuses what was signed with another key, or changed', () => {
    const codec = new MessageCodec('key');
    expect(() => codec.decode(wire(new MessageCodec('other')))).toThrow(/signature/);
    const changed = wire(codec);
    changed[changed.length - 1] = Buffer.from('{"text":"!"}');
    expect(() => codec.decode(changed)).toThrow(/signature/);
  });

  it('refuses what is no message', () => expect(() => new MessageCodec('').decode([Buffer.from('x')])).toThrow(/delimiter/));
  it('signs nothing without a key', () => expect(new MessageCodec('').decode(wire(new MessageCodec(''))).header.msg_type).toBe('stream'));
});
