import { describe, expect, it } from 'vitest';
import { keyIn } from './host-key.js';

const KEY = `ssh-ed25519 ${'A'.repeat(68)}`;

describe('host key on the console', () => {
  it('is found between other lines', () => {
    expect(keyIn(`VCP-WARNING something\nVCP-HOSTKEY ${KEY}\nServer listening on 0.0.0.0 port 22.\n`)).toBe(KEY);
  });

  it.each([
    ['half a line', `VCP-HOSTKEY ${KEY.slice(0, 40)}`],
    ['a line that has not ended', `VCP-HOSTKEY ${KEY}`],
    ['a short key', `VCP-HOSTKEY ${KEY.slice(0, 40)}\n`],
    ['another key', `VCP-HOSTKEY ssh-rsa ${'A'.repeat(68)}\n`],
    ['a line that only speaks of one', `echo VCP-HOSTKEY ${KEY}\n`]
  ])('is not read from %s', (_what, text) => {
    expect(keyIn(text)).toBeUndefined();
  });
});
