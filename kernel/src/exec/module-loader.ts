import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { constants, Script } from 'node:vm';
import { pathToFileURL } from 'node:url';

export type ModuleNamespace = Readonly<Record<string, unknown>>;

type ImportFrom = (specifier: string, options?: ImportCallOptions) => Promise<ModuleNamespace>;

const EXTENSIONS: readonly string[] = ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js', '/index.mjs'];

/** Loads modules for cells, found from the notebook's folder as Node itself would find them for a file there. */
export class ModuleLoader {
  readonly #cwd: string;
  readonly #provided: Readonly<Record<string, () => Promise<ModuleNamespace>>>;
  readonly #import: ImportFrom;

  /** `provided` are modules that the kernel gives itself, whatever is installed beside the notebook. */
  constructor(cwd: string, provided: Readonly<Record<string, () => Promise<ModuleNamespace>>> = {}) {
    this.#cwd = cwd;
    this.#provided = provided;
    this.#import = nativeImport(cwd);
  }

  async load(specifier: string, options?: ImportCallOptions): Promise<ModuleNamespace> {
    const provided = Object.hasOwn(this.#provided, specifier) ? this.#provided[specifier] : undefined;
    if (provided) return provided();
    const isPath = /^(?:\.{1,2}(?:\/|$)|\/)/.test(specifier);
    return this.#import(isPath ? pathToFileURL(this.#existingFile(resolve(this.#cwd, specifier))).href : specifier, options);
  }

  /** TypeScript lets one write `./helper` or `./helper.js` for `helper.ts`; Node wants the name of the file. */
  #existingFile(path: string): string {
    if (isFile(path)) return path;
    const sources = [path.replace(/\.js$/, '.ts'), path.replace(/\.mjs$/, '.mts'), ...EXTENSIONS.map((extension) => path + extension)];
    return sources.find(isFile) ?? path;
  }
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** Node's own `import()`, as a file in the notebook's folder would see it. */
function nativeImport(cwd: string): ImportFrom {
  const { emitWarning } = process;
  // At the first import Node announces that this way may change; the person at the notebook can do nothing about it.
  process.emitWarning = () => undefined;
  try {
    const script = new Script('(specifier, options) => import(specifier, options)', {
      filename: resolve(cwd, '[notebook]'),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
    });
    const load = script.runInThisContext() as ImportFrom;
    void load('node:vm');
    return load;
  } finally {
    process.emitWarning = emitWarning;
  }
}
