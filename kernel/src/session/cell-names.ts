import type TS from 'typescript';
import type { CommittedCell } from './session.js';
import { findDeclaredNames, type CellNames } from './declared-names.js';
import { ts } from './typescript.js';

/** Where a name of the notebook was declared last. */
export interface KnownName {
  readonly module: string;
  readonly reassignable: boolean;
  readonly ambient: boolean;
}

/** A cell made ready for the compiler: the user's text with what it uses of earlier cells appended behind it. */
export interface PreparedCell extends CellNames {
  readonly code: string;
  readonly text: string;
  readonly used: ReadonlyMap<string, KnownName>;
}

/** A changed list of imports makes the compiler walk all libraries again (4 ms), so the list only grows, up to this. */
const STICKY_MODULES = 48;

/** The names of a notebook, each bound to the cell that declared it last. */
export class NotebookNames {
  readonly #names = new Map<string, KnownName>();
  #sticky: readonly string[] = [];

  has(name: string): boolean {
    return this.#names.has(name);
  }

  commit(cell: CommittedCell): void {
    for (const { name, reassignable, ambient } of cell.names) {
      this.#names.set(name, { module: cell.module, reassignable, ambient });
    }
  }

  /** Names that begin like this, whatever the case. */
  startingWith(prefix: string): readonly string[] {
    const wanted = prefix.toLowerCase();
    return [...this.#names.keys()].filter((name) => name.toLowerCase().startsWith(wanted));
  }

  /**
   * Appends the imports behind the user's text, so that every offset and line in it stays what the user sees.
   * `offered` are names to import although the text does not contain them; such a text is a question, not a cell, and
   * leaves the list of imports alone.
   */
  prepare(code: string, offered?: readonly string[]): PreparedCell {
    const file = ts.createSourceFile('cell.ts', code, ts.ScriptTarget.ES2024, false, ts.ScriptKind.TS);
    const { declared, exported } = findDeclaredNames(file);
    const used = this.#findUsed(file, declared, offered ?? []);
    const modules = this.#imported([...used.values()].map((known) => known.module));
    if (!offered) this.#sticky = modules;
    const lines = [`\n;export {${[...declared.keys()].filter((name) => !exported.has(name)).join(',')}};`];
    for (const module of modules) lines.push(`import * as ${module} from "./${module}";`);
    for (const [name, known] of used) {
      lines.push(
        known.reassignable ? `declare let ${name}: typeof ${known.module}.${name};` : `import ${name} = ${known.module}.${name};`
      );
    }
    return { code, text: code + lines.join(''), declared, exported, used };
  }

  /** Over-approximates: a property of that name counts too, and costs nothing. */
  #findUsed(file: TS.SourceFile, declared: CellNames['declared'], offered: readonly string[]): ReadonlyMap<string, KnownName> {
    const used = new Map<string, KnownName>();
    for (const name of offered) {
      const known = this.#names.get(name);
      if (known && !declared.has(name)) used.set(name, known);
    }
    const visit = (node: TS.Node): void => {
      if (ts.isIdentifier(node) && !declared.has(node.text)) {
        const known = this.#names.get(node.text);
        if (known) used.set(node.text, known);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    return used;
  }

  #imported(modules: readonly string[]): readonly string[] {
    const all = [...new Set([...this.#sticky, ...modules])];
    return all.length <= STICKY_MODULES ? all : [...new Set(modules)];
  }
}
