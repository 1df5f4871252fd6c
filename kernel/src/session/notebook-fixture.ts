import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundleTypeLibraries } from '../../build/type-libraries.mjs';

/** A folder for one test file: the bundled declarations in it, and a notebook's folder with the given files. */
export interface NotebookFixture {
  readonly cwd: string;
  readonly typesDir: string;
  readonly remove: () => void;
}

export function createNotebookFixture(files: Readonly<Record<string, string>> = {}, types: Readonly<Record<string, string>> = {}): NotebookFixture {
  const root = mkdtempSync(join(tmpdir(), 'vcp-kernel-test-'));
  const fixture = { cwd: join(root, 'notebook'), typesDir: join(root, 'types'), remove: () => rmSync(root, { recursive: true, force: true }) };
  bundleTypeLibraries(fixture.typesDir);
  mkdirSync(fixture.cwd);
  writeAll(fixture.cwd, files);
  writeAll(fixture.typesDir, types);
  return fixture;
}

function writeAll(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}
