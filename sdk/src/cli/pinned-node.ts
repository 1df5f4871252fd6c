import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const WANTED_MAJOR = 24;
const MOVED = 'VCP_PINNED_NODE';

/**
 * Runs this program again on the Node 24 that lies among the npm packages, when the one on the PATH is older.
 * @returns its exit code, or undefined when there is no need (or no such Node)
 */
export async function runOnPinnedNode(): Promise<number | undefined> {
  if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR || process.env[MOVED] === '1') return undefined;
  const node = pinnedNode();
  if (node === undefined) return undefined;
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit', env: { ...process.env, [MOVED]: '1' } });
  // A terminal sends Ctrl-C to both; the child decides what it means.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise(done => {
    child.once('error', () => done(undefined));
    child.once('close', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

function pinnedNode(): string | undefined {
  const packageName = `node-linux-${process.arch}`;
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const node = join(folder, 'node_modules', packageName, 'bin', 'node');
    if (existsSync(node)) return node;
    if (folder === dirname(folder)) return undefined;
  }
}
