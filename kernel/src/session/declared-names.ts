import type TS from 'typescript';
import { ts } from './typescript.js';

/** How a name is declared at the top level of a cell. */
export interface CellName {
  /** `let` and `var`: later cells may assign to it. */
  readonly reassignable: boolean;
  /** Declared with `declare`: the cell describes a value that exists elsewhere. */
  readonly ambient: boolean;
}

export interface CellNames {
  readonly declared: ReadonlyMap<string, CellName>;
  /** Names that the text of the cell exports itself. */
  readonly exported: ReadonlySet<string>;
}

/** Finds the names that a cell declares for later cells. Variables in nested blocks are not among them. */
export function findDeclaredNames(file: TS.SourceFile): CellNames {
  const declared = new Map<string, CellName>();
  const exported = new Set<string>();
  for (const statement of file.statements) {
    const before = declared.size;
    collectStatement(statement, declared);
    if (ts.isExportDeclaration(statement)) collectExports(statement, exported);
    if (hasModifier(statement, ts.SyntaxKind.ExportKeyword) && !hasModifier(statement, ts.SyntaxKind.DefaultKeyword)) {
      for (const name of [...declared.keys()].slice(before)) exported.add(name);
    }
  }
  return { declared, exported };
}

export function hasModifier(node: TS.Node, kind: TS.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false);
}

/** The identifiers that a variable name or a destructuring pattern binds. */
export function boundIdentifiers(name: TS.BindingName): readonly TS.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundIdentifiers(element.name)));
}

function collectStatement(statement: TS.Statement, declared: Map<string, CellName>): void {
  const ambient = hasModifier(statement, ts.SyntaxKind.DeclareKeyword);
  const fixed: CellName = { reassignable: false, ambient };
  if (ts.isVariableStatement(statement)) {
    const kind = statement.declarationList.flags & ts.NodeFlags.BlockScoped;
    const reassignable = kind === ts.NodeFlags.None || kind === ts.NodeFlags.Let;
    for (const declaration of statement.declarationList.declarations) {
      for (const id of boundIdentifiers(declaration.name)) declared.set(id.text, { reassignable, ambient });
    }
  } else if (ts.isImportDeclaration(statement)) {
    for (const name of importedNames(statement)) declared.set(name, fixed);
  } else if (ts.isImportEqualsDeclaration(statement)) {
    declared.set(statement.name.text, fixed);
  } else if (isNamedDeclaration(statement) && statement.name && ts.isIdentifier(statement.name) && statement.name.text !== 'global') {
    declared.set(statement.name.text, fixed);
  }
}

function isNamedDeclaration(statement: TS.Statement): statement is TS.Statement & { readonly name?: TS.Node } {
  return (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  );
}

function importedNames(statement: TS.ImportDeclaration): readonly string[] {
  const clause = statement.importClause;
  const names: string[] = [];
  if (clause?.name) names.push(clause.name.text);
  const bindings = clause?.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) names.push(bindings.name.text);
  if (bindings && ts.isNamedImports(bindings)) names.push(...bindings.elements.map((element) => element.name.text));
  return names;
}

function collectExports(statement: TS.ExportDeclaration, exported: Set<string>): void {
  if (statement.exportClause && ts.isNamedExports(statement.exportClause)) {
    for (const element of statement.exportClause.elements) exported.add(element.name.text);
  }
}
