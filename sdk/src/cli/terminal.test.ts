import { describe, expect, it } from 'vitest';
import { knownHosts, sshConfig, folded } from './commands/node-commands.js';
import { displayWidth, fit, table } from './terminal.js';
import { duration } from './wording.js';

describe('table', () => {
  it('aligns Japanese by the columns that it takes', () => {
    expect(displayWidth('秋a')).toBe(3);
    expect(table(['N', 'X'], [['秋の講義', '1'], ['ab', '2']])).toBe('N         X\n秋の講義  1\nab        2');
    expect(fit('秋の講義', 5)).toBe('秋の…');
  });
});

describe('duration', () => {
  it.each([[0, '0:00'], [59_499, '0:59'], [59_500, '1:00'], [118_000, '1:58'], [3_722_000, '1:02:02']])('%i ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
});

describe('folded', () => {
  it('shows equal outputs once and failed nodes last', () => {
    const result = (node: string, stdout: string, code: number) => ({ node, exec: 'e', stdout, stderr: code === 0 ? '' : 'bad\n', code, timedOut: false, outcome: 'exited' as const, durationMs: 1 });
    expect(folded([result('c-1', 'a\n', 1), result('c-2', 'b\n', 0), result('c-3', 'b\n', 0)])).toBe('── c-2, c-3 (2 nodes said the same)\nb\n── c-1 ✖ exit code 1\na\nbad');
  });
});

describe('ssh', () => {
  const access = { host: '10.65.0.12', port: 22, user: 'root', hostKey: 'ssh-ed25519 AAAA', identityFile: '/home/a b/key', jump: { host: '10.64.0.11', port: 2222, user: 'root', hostKey: 'ssh-ed25519 BBBB' } };

  it('trusts the known host keys only, also of the gateway', () => {
    expect(knownHosts(access)).toBe('10.65.0.12 ssh-ed25519 AAAA\n[10.64.0.11]:2222 ssh-ed25519 BBBB\n');
    const config = sshConfig(access, '/t/known_hosts');
    expect(config).toMatch(/^Host vcp-node\n[\s\S]*ProxyJump vcp-gateway\nHost vcp-gateway\n/);
    expect(config.match(/StrictHostKeyChecking yes/g)).toHaveLength(2);
    expect(config).toContain('IdentityFile "/home/a b/key"');
    expect(sshConfig({ ...access, jump: undefined }, '/t/k')).not.toContain('ProxyJump');
  });
});
