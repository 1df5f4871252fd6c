import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import { pack } from 'tar-stream';

export const BASE_REPOSITORY = 'vcp/base';
export const RECIPE_LABEL = 'vcp.recipe';

interface RecipeFile { readonly path: string; readonly content: Buffer }

/** The recipe of the base container as shipped with the product. */
export interface BaseRecipe {
  /** `vcp/base:<12 hex of the recipe's content>`: a changed recipe is another image. */
  readonly image: string;
  readonly digest: string;
  /** The build context as a tar stream. */
  context(): NodeJS.ReadableStream;
}

/** @throws VcpError not_found when the folder or its Dockerfile is missing. */
export function readBaseRecipe(folder: string): BaseRecipe {
  const files = readFiles(folder);
  if (!files.some(file => file.path === 'Dockerfile')) throw new VcpError('not_found', `The recipe of the base container is missing in ${folder}.`, { hint: 'Install the product again.' });
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.path}\0${file.content.length}\0`).update(file.content);
  const digest = hash.digest('hex');
  return {
    digest,
    image: `${BASE_REPOSITORY}:${digest.slice(0, 12)}`,
    context() {
      const tar = pack();
      for (const file of files) tar.entry({ name: file.path, mode: 0o644, mtime: new Date(0) }, file.content);
      tar.finalize();
      return Readable.from(tar);
    }
  };
}

function readFiles(folder: string): readonly RecipeFile[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  } catch (error) {
    throw new VcpError('not_found', `The recipe of the base container cannot be read in ${folder}.`, { hint: 'Install the product again.', cause: error });
  }
  return names.map(name => ({ path: relative(folder, name).split(sep).join('/'), content: readFileSync(name) })).sort((a, b) => (a.path < b.path ? -1 : 1));
}
