import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';

/** Folders of data that come with the program: beside it when built, in the source tree otherwise. */
export interface DataFolders { readonly catalog: string; readonly baseRecipe: string }

/** @throws VcpError internal when the installation is not whole. */
export function dataFolders(): DataFolders {
  const here = dirname(fileURLToPath(import.meta.url));
  return { catalog: firstOf(here, ['catalog', 'clouds/catalog']), baseRecipe: firstOf(here, ['images/base', '../../images/base']) };
}

function firstOf(here: string, candidates: readonly string[]): string {
  const found = candidates.map(path => join(here, path)).find(path => existsSync(path));
  if (found === undefined) throw new VcpError('internal', `This installation lacks the folder ${candidates[0]}.`, { hint: 'Install it again, or build it: npm run build' });
  return found;
}
