import type TS from 'typescript';
import type { DeclaredName } from './session.js';
import type { PreparedCell } from './cell-names.js';
import { boundIdentifiers, hasModifier } from './declared-names.js';
import { CellScope } from './cell-scope.js';
import { ts } from './typescript.js';

const F = ts.factory;

/**
 * Turns the statements of a cell into the body of a function over boxes: every name that cells share becomes
 * `$name.v`, where `$name` is the box of that name. A box survives redeclaration, so a function of an earlier cell sees
 * what a later cell assigns. Imports become awaited calls, and the last expression is returned.
 */
export class CellRewriter {
  readonly boxes: ReadonlySet<string>;
  readonly declares: DeclaredName[] = [];
  readonly #scope: CellScope;
  readonly #cell: PreparedCell;
  readonly #withMarks: boolean;
  #mark = 0;

  /** With marks the function notes how far it came, so that a failed cell can tell which names it has not set. */
  constructor(file: TS.SourceFile, checker: TS.TypeChecker, cell: PreparedCell, withMarks: boolean) {
    this.#cell = cell;
    this.#withMarks = withMarks;
    this.#scope = new CellScope(file, checker, cell);
    this.boxes = this.#scope.boxes;
  }

  /** Name of the parameter through which the cell reaches the kernel. */
  get kernelParameter(): string {
    return this.#scope.kernelParameter;
  }

  boxParameter(name: string): string {
    return this.#scope.prefix + name;
  }

  readonly transform: TS.TransformerFactory<TS.SourceFile> = (context) => (root) => {
    this.#scope.begin(context);
    const hoisted: TS.Statement[] = [];
    const imports: TS.Statement[] = [];
    const body: TS.Statement[] = [];
    const statements = root.statements.filter((statement) => statement.pos < this.#cell.code.length && statement.getStart(root) <= this.#cell.code.length);
    statements.forEach((statement, index) => {
      if (ts.isImportDeclaration(statement)) imports.push(...this.#import(statement));
      else if (ts.isFunctionDeclaration(statement)) this.#function(statement, hoisted, body);
      else body.push(...this.#statement(statement, index === statements.length - 1));
    });
    return F.updateSourceFile(root, [...hoisted, ...imports, ...body]);
  };

  #statement(statement: TS.Statement, isLast: boolean): readonly TS.Statement[] {
    if (hasModifier(statement, ts.SyntaxKind.DeclareKeyword)) return [];
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return this.#noValue(statement.name.text);
    if (ts.isExportDeclaration(statement)) return [];
    if (ts.isVariableStatement(statement)) return this.#variables(statement);
    if (ts.isClassDeclaration(statement)) return this.#class(statement);
    if (ts.isEnumDeclaration(statement) || ts.isModuleDeclaration(statement)) return this.#enumOrNamespace(statement);
    if (ts.isImportEqualsDeclaration(statement)) return this.#importEquals(statement);
    const expression = ts.isExpressionStatement(statement) || ts.isExportAssignment(statement) ? statement.expression : undefined;
    if (expression && isLast) return [withRange(F.createReturnStatement(this.#scope.expression(expression)), statement)];
    if (ts.isExportAssignment(statement)) return [withRange(F.createExpressionStatement(this.#scope.expression(statement.expression)), statement)];
    return [this.#scope.visit(statement) as TS.Statement];
  }

  #variables(statement: TS.VariableStatement): readonly TS.Statement[] {
    const kind = statement.declarationList.flags & ts.NodeFlags.BlockScoped;
    const isUsing = kind === ts.NodeFlags.Using || kind === ts.NodeFlags.AwaitUsing;
    return statement.declarationList.declarations.flatMap((declaration) => {
      let value = declaration.initializer ? this.#scope.namedValue(declaration.name, declaration.initializer) : F.createVoidZero();
      if (isUsing && ts.isIdentifier(declaration.name)) {
        const name = F.createStringLiteral(declaration.name.text);
        const isAsync = kind === ts.NodeFlags.AwaitUsing ? F.createTrue() : F.createFalse();
        value = F.createCallExpression(this.#kernel('use'), undefined, [name, value, isAsync]);
      }
      const assignment = F.createParenthesizedExpression(F.createAssignment(this.#scope.target(declaration.name), value));
      const names = boundIdentifiers(declaration.name).map((id) => id.text);
      return [withRange(F.createExpressionStatement(assignment), declaration), ...this.#finished(names)];
    });
  }

  #class(statement: TS.ClassDeclaration): readonly TS.Statement[] {
    if (!statement.name) return [];
    const visited = this.#scope.visitChildren(statement);
    const local = F.updateClassDeclaration(visited, withoutExport(visited.modifiers), visited.name, visited.typeParameters, visited.heritageClauses, visited.members);
    return [local, this.#publish(statement.name), ...this.#finished([statement.name.text])];
  }

  #enumOrNamespace(statement: TS.EnumDeclaration | TS.ModuleDeclaration): readonly TS.Statement[] {
    const { name } = statement;
    if (!ts.isIdentifier(name)) return [];
    if (!this.#scope.isValue(name)) return this.#noValue(name.text);
    const visited = this.#scope.visitChildren(statement);
    const modifiers = withoutExport(visited.modifiers);
    const local = ts.isEnumDeclaration(visited)
      ? F.updateEnumDeclaration(visited, modifiers, visited.name, visited.members)
      : F.updateModuleDeclaration(visited, modifiers, visited.name, visited.body);
    return [local, this.#publish(name), ...this.#finished([name.text])];
  }

  /** The function itself stays a local one, hoisted as ever; its box is filled before anything else runs. */
  #function(statement: TS.FunctionDeclaration, hoisted: TS.Statement[], body: TS.Statement[]): void {
    if (!statement.name || !statement.body || hasModifier(statement, ts.SyntaxKind.DeclareKeyword)) return;
    this.declares.push({ name: statement.name.text, mark: -1 });
    hoisted.push(this.#publish(statement.name));
    const visited = this.#scope.visitChildren(statement);
    body.push(
      F.updateFunctionDeclaration(visited, withoutExport(visited.modifiers), visited.asteriskToken, visited.name, visited.typeParameters, visited.parameters, visited.type, visited.body)
    );
  }

  #import(statement: TS.ImportDeclaration): readonly TS.Statement[] {
    const clause = statement.importClause;
    if (clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
    const properties: TS.PropertyAssignment[] = [];
    let value: TS.Expression = F.createAwaitExpression(
      F.createCallExpression(this.#kernel('module'), undefined, [statement.moduleSpecifier, ...importAttributes(statement)])
    );
    const bind = (name: TS.Identifier, key: TS.ModuleExportName): void => {
      if (!this.#scope.isValue(name)) return;
      this.declares.push({ name: name.text, mark: -1 });
      properties.push(F.createPropertyAssignment(ts.isStringLiteral(key) ? key : F.createStringLiteral(key.text), this.#scope.box(name.text)));
    };
    if (clause?.name) bind(clause.name, F.createIdentifier('default'));
    const bindings = clause?.namedBindings;
    if (bindings && ts.isNamedImports(bindings)) {
      for (const element of bindings.elements) if (!element.isTypeOnly) bind(element.name, element.propertyName ?? element.name);
    }
    const namespace = bindings && ts.isNamespaceImport(bindings) && this.#scope.isValue(bindings.name) ? bindings.name.text : undefined;
    if (clause && !namespace && properties.length === 0) return [];
    if (namespace) {
      this.declares.push({ name: namespace, mark: -1 });
      value = F.createAssignment(this.#scope.box(namespace), value);
    }
    if (properties.length > 0) value = F.createAssignment(F.createObjectLiteralExpression(properties), value);
    return [withRange(F.createExpressionStatement(F.createParenthesizedExpression(value)), statement)];
  }

  #importEquals(statement: TS.ImportEqualsDeclaration): readonly TS.Statement[] {
    const { moduleReference, name } = statement;
    if (ts.isExternalModuleReference(moduleReference) || !this.#scope.isValue(name)) return this.#noValue(name.text);
    const assignment = F.createAssignment(this.#scope.box(name.text), this.#scope.entityName(moduleReference));
    return [withRange(F.createExpressionStatement(assignment), statement), ...this.#finished([name.text])];
  }

  #publish(name: TS.Identifier): TS.Statement {
    return F.createExpressionStatement(F.createAssignment(this.#scope.box(name.text), F.createIdentifier(name.text)));
  }

  #finished(names: readonly string[]): readonly TS.Statement[] {
    const mark = ++this.#mark;
    for (const name of names) this.declares.push({ name, mark });
    if (!this.#withMarks || names.length === 0) return [];
    return [F.createExpressionStatement(F.createAssignment(this.#kernel('mark'), F.createNumericLiteral(mark)))];
  }

  #noValue(name: string): readonly TS.Statement[] {
    this.declares.push({ name, mark: -1 });
    return [];
  }

  #kernel(member: string): TS.PropertyAccessExpression {
    return F.createPropertyAccessExpression(F.createIdentifier(this.kernelParameter), member);
  }
}

function withRange<T extends TS.Statement>(made: T, original: TS.Node): T {
  return ts.setTextRange(made, original);
}

function withoutExport<T extends TS.ModifierLike>(modifiers: TS.NodeArray<T> | undefined): readonly T[] | undefined {
  return modifiers?.filter(({ kind }) => kind !== ts.SyntaxKind.ExportKeyword && kind !== ts.SyntaxKind.DefaultKeyword);
}

function importAttributes(statement: TS.ImportDeclaration): readonly TS.Expression[] {
  if (!statement.attributes) return [];
  const pairs = statement.attributes.elements.map((element) => F.createPropertyAssignment(element.name, element.value));
  return [F.createObjectLiteralExpression([F.createPropertyAssignment('with', F.createObjectLiteralExpression(pairs))])];
}
