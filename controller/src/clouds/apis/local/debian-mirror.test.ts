import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { debianMirror } from './debian-mirror.js';

let apt: string;
beforeEach(() => {
  apt = mkdtempSync(join(tmpdir(), 'vcp-apt-'));
  mkdirSync(join(apt, 'sources.list.d'));
});
afterEach(() => rmSync(apt, { recursive: true, force: true }));
const put = (name: string, text: string): void => writeFileSync(join(apt, name), text);

describe('mirror of this computer', () => {
  it('is read from one-line sources, the first that has the release with main', async () => {
    put('sources.list', '# deb http://off.example/debian bookworm main\ndeb http://security.example/debian-security bookworm-security main\ndeb [arch=amd64 signed-by=/k] http://mirror.example/debian/ bookworm main contrib\n');
    expect(await debianMirror(apt)).toBe('http://mirror.example/debian');
  });

  it('is read from stanzas, and not from those that are off, for sources or for other suites', async () => {
    put('sources.list.d/a.sources', 'Types: deb\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\nEnabled: no\n\nTypes: deb-src\nURIs: http://src.example/debian\nSuites: bookworm\nComponents: main\n');
    put('sources.list.d/b.sources', 'Types: deb\nURIs: http://security.example/debian-security\nSuites: bookworm-security\nComponents: main\n\nTypes: deb\n# a comment\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n');
    expect(await debianMirror(apt)).toBe('http://mirror.example/debian');
  });

  it('is left to debootstrap and the image where this computer runs something else', async () => {
    put('sources.list', 'deb http://archive.example/ubuntu noble main\n');
    expect(await debianMirror(apt)).toBeUndefined();
    expect(await debianMirror(join(apt, 'nowhere'))).toBeUndefined();
  });
});
