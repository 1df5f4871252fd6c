import { describe, expect, it } from 'vitest';
import { fileReferences, formatAllowRemove, isScriptFile, parseAllowRemove, readVcYaml } from './index.js';

describe('fileReferences', () => {
  it('finds compose files and script files, not scripts', () => {
    const document = readVcYaml('name: genome\nunits:\n  - name: compute\n    provider: local\n    flavor: small\n    apps: {slurmd: ./slurmd.yml, web: {services: {main: {image: x}}}}\n    onJoin: ./join.sh\n    onLeave: |\n      ./drain.sh now\n');
    expect(fileReferences(document)).toEqual([
      { path: ['units', 0, 'apps', 'slurmd'], kind: 'compose', file: './slurmd.yml' },
      { path: ['units', 0, 'onJoin'], kind: 'script', file: './join.sh' }
    ]);
  });

  it.each([['./join.sh', true], ['../x/join.sh\n', true], ['~/join.sh', true], ['./join.sh --now', false], ['/usr/bin/true', false], ['echo 1\n./x.sh', false], ['true', false]])('takes %j as a file: %s', (text, expected) => {
    expect(isScriptFile(text)).toBe(expected);
  });
});

describe('parseAllowRemove', () => {
  it('reads what it writes', () => {
    expect(parseAllowRemove('compute:4, head:1')).toEqual({ compute: 4, head: 1 });
    expect(parseAllowRemove(formatAllowRemove({ 'web-server': 2, head: 0 }))).toEqual({ 'web-server': 2, head: 0 });
    expect(parseAllowRemove('')).toEqual({});
  });

  it.each(['compute', 'compute:', 'compute:x', ':4', 'compute:-1', 'compute:4:5'])('refuses %j and says how to write it', text => {
    expect(() => parseAllowRemove(text)).toThrowError(expect.objectContaining({ code: 'invalid_request', hint: expect.stringContaining('compute:4') }));
  });
});
