import { dirname, join } from 'node:path';
import { existsSync, statSync } from 'node:fs';
import type TS from 'typescript';
import { ts } from './typescript.js';

/** Files that exist in memory only, beside those on disk, with parsed trees kept for both. */
export class SourceFiles {
  readonly options: TS.CompilerOptions;
  /** The types of Node are ours, and not those of the notebook's own project. */
  readonly hasOwnNodeTypes: boolean;
  readonly #cwd: string;
  readonly #typesDir: string;
  readonly #texts = new Map<string, { readonly text: string; readonly version: number }>();
  readonly #parsed = new Map<string, { readonly version: string; readonly file: TS.SourceFile }>();
  readonly #known = new Map<string, unknown>();
  #resolutions: TS.ModuleResolutionCache;
  #resolutionsAreStale = false;
  #version = 0;

  constructor(cwd: string, typesDir: string) {
    this.#cwd = cwd;
    this.#typesDir = typesDir;
    const projectTypes = nodeTypesOfProject(cwd);
    this.hasOwnNodeTypes = projectTypes === undefined;
    this.options = compilerOptions(projectTypes ?? join(typesDir, '@types'));
    this.#resolutions = ts.createModuleResolutionCache(cwd, (name) => name, this.options);
  }

  write(fileName: string, text: string): void {
    this.#texts.set(fileName, { text, version: ++this.#version });
  }

  remove(fileName: string): void {
    this.#texts.delete(fileName);
    this.#parsed.delete(fileName);
  }

  read(fileName: string): string | undefined {
    return this.#texts.get(fileName)?.text ?? ts.sys.readFile(fileName);
  }

  version(fileName: string): string {
    const written = this.#texts.get(fileName);
    if (written) return String(written.version);
    // Library files cannot change while the kernel runs; the user's own can, between two cells.
    if (fileName.startsWith(this.#typesDir) || fileName.includes('/node_modules/')) return 'fixed';
    const stat = statSync(fileName, { throwIfNoEntry: false });
    return stat ? `${stat.mtimeMs}:${stat.size}` : 'absent';
  }

  /** Parses a file, or returns the tree of the last time when the text is still the same. */
  source(fileName: string): TS.SourceFile | undefined {
    const version = this.version(fileName);
    const known = this.#parsed.get(fileName);
    if (known?.version === version) return known.file;
    const text = this.#isSubsumedLibrary(fileName) ? '' : this.read(fileName);
    if (text === undefined) return undefined;
    const kind = fileName.endsWith('.json') ? ts.ScriptKind.JSON : undefined;
    const file = ts.createSourceFile(fileName, text, { languageVersion: ts.ScriptTarget.ES2024 }, false, kind);
    Object.assign(file, { version });
    this.#parsed.set(fileName, { version, file });
    return file;
  }

  /** Forgets what was found about files that are not there, so that a package installed meanwhile is seen. */
  forgetAbsent(): void {
    this.#known.clear();
    this.#resolutions = ts.createModuleResolutionCache(this.#cwd, (name) => name, this.options);
    this.#resolutionsAreStale = true;
  }

  /** Drops the trees of files that a program no longer uses; their text stays. */
  prune(program: TS.Program): void {
    for (const fileName of this.#parsed.keys()) {
      if (!program.getSourceFile(fileName)) this.#parsed.delete(fileName);
    }
  }

  compilerHost(): TS.CompilerHost {
    return {
      ...this.#moduleHost(),
      getSourceFile: (fileName) => this.source(fileName),
      getModuleResolutionCache: () => this.#resolutions,
      writeFile: () => undefined,
      hasInvalidatedResolutions: () => this.#resolutionsAreStale
    };
  }

  /** To be called when a program was made with fresh resolutions. */
  resolutionsAreFresh(): void {
    this.#resolutionsAreStale = false;
  }

  languageServiceHost(rootNames: () => string[]): TS.LanguageServiceHost {
    return {
      ...this.#moduleHost(),
      getCompilationSettings: () => this.options,
      getScriptFileNames: rootNames,
      getScriptVersion: (fileName) => this.version(fileName),
      getScriptSnapshot: (fileName) => {
        const text = this.source(fileName)?.text;
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      }
    };
  }

  /** A document registry that hands out the trees kept here, so that completion parses no library a second time. */
  documentRegistry(): TS.DocumentRegistry {
    const take = (fileName: string): TS.SourceFile => {
      const file = this.source(fileName);
      if (!file) throw new Error(`The file ${fileName} does not exist.`);
      return file;
    };
    return {
      acquireDocument: take,
      acquireDocumentWithKey: take,
      updateDocument: take,
      updateDocumentWithKey: take,
      getKeyForCompilationSettings: () => 'vcp' as TS.DocumentRegistryBucketKey,
      releaseDocument: () => undefined,
      releaseDocumentWithKey: () => undefined,
      reportStats: () => ''
    };
  }

  #moduleHost(): Omit<TS.CompilerHost, 'getSourceFile' | 'writeFile'> & { readonly directoryExists: (name: string) => boolean } {
    return {
      getCurrentDirectory: () => this.#cwd,
      getDefaultLibFileName: () => join(this.#typesDir, 'lib.d.ts'),
      getDefaultLibLocation: () => this.#typesDir,
      useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
      getCanonicalFileName: (name) => name,
      getNewLine: () => '\n',
      fileExists: (name) => this.#texts.has(name) || this.#remember('file', name, ts.sys.fileExists),
      directoryExists: (name) => name === this.#cwd || this.#remember('directory', name, ts.sys.directoryExists),
      readFile: (name) => this.read(name),
      getDirectories: (name) => this.#remember('list', name, ts.sys.getDirectories),
      realpath: (name) => (this.#texts.has(name) ? name : this.#remember('realpath', name, ts.sys.realpath ?? String))
    };
  }

  #remember<T>(kind: string, name: string, find: (name: string) => T): T {
    const key = `${kind}:${name}`;
    if (!this.#known.has(key)) this.#known.set(key, find(name));
    return this.#known.get(key) as T;
  }

  /** A package that asks for `lib="es2020"` has it already: our `lib.d.ts` holds all of them. */
  #isSubsumedLibrary(fileName: string): boolean {
    return dirname(fileName) === this.#typesDir && /[/\\]lib\.(?:es|decorators).*\.d\.ts$/.test(fileName) && !existsSync(fileName);
  }
}

function compilerOptions(nodeTypesRoot: string): TS.CompilerOptions {
  return {
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    types: ['node'],
    typeRoots: [nodeTypesRoot],
    strict: true,
    // A notebook cell is a draft: parameters without a type are any, everything else is checked strictly.
    noImplicitAny: false,
    skipLibCheck: true,
    skipDefaultLibCheck: true,
    declaration: true,
    resolveJsonModule: true,
    allowImportingTsExtensions: true,
    esModuleInterop: true,
    preserveConstEnums: true,
    allowUnreachableCode: true,
    allowUnusedLabels: true,
    sourceMap: true
  };
}

/** The project's own `@types` folder, if it has types for Node: they describe what its author works with. */
function nodeTypesOfProject(cwd: string): string | undefined {
  for (let directory = cwd; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', '@types');
    if (existsSync(join(candidate, 'node', 'package.json'))) return candidate;
    if (dirname(directory) === directory) return undefined;
  }
}
