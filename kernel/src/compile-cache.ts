import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where V8 keeps compiled code between starts: in the user's own cache, not in a temporary folder shared with others. */
export function compileCacheDir(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'vcp', 'compile-cache');
}
