import type TS from 'typescript';
import type { PreparedCell } from './cell-names.js';
import { boundIdentifiers, hasModifier } from './declared-names.js';
import { ts } from './typescript.js';

const F = ts.factory;

/** The identifier by which the text of a cell calls its line magics; see `kernel-globals.d.ts`. */
export const MAGIC_CALL = '__vcpMagic';

/** Decides which identifiers of a cell mean a shared name, and rewrites expressions accordingly. */
export class CellScope {
  readonly boxes = new Set<string>();
  /** Put before a name to name its box; chosen so that the cell's text cannot collide with it. */
  readonly prefix: string;
  readonly #file: TS.SourceFile;
  readonly #checker: TS.TypeChecker;
  readonly #cell: PreparedCell;
  #context: TS.TransformationContext | undefined;

  constructor(file: TS.SourceFile, checker: TS.TypeChecker, cell: PreparedCell) {
    this.#file = file;
    this.#checker = checker;
    this.#cell = cell;
    let prefix = '$';
    while (cell.code.includes(prefix)) prefix += '_';
    this.prefix = prefix;
  }

  /** `import` is a reserved word, so no box can have this name. */
  get kernelParameter(): string {
    return `${this.prefix}import`;
  }

  begin(context: TS.TransformationContext): void {
    this.#context = context;
  }

  /** The expression that reads or assigns a shared name. */
  box(name: string): TS.PropertyAccessExpression {
    this.boxes.add(name);
    return F.createPropertyAccessExpression(F.createIdentifier(this.prefix + name), 'v');
  }

  expression(node: TS.Expression): TS.Expression {
    return this.visit(node) as TS.Expression;
  }

  readonly visit = (node: TS.Node): TS.Node => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return node;
    if (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword) return node;
    if (ts.isIdentifier(node)) return this.#identifier(node);
    if (ts.isShorthandPropertyAssignment(node)) return this.#shorthand(node);
    if (ts.isCallExpression(node)) return this.#call(node);
    if (ts.isTaggedTemplateExpression(node)) return this.#taggedTemplate(node);
    if (ts.isVariableStatement(node) && this.#assignsSharedVar(node.declarationList)) return this.#nestedVarStatement(node);
    if ((ts.isForStatement(node) || ts.isForInStatement(node) || ts.isForOfStatement(node)) && node.initializer) return this.#loop(node);
    return this.visitChildren(node);
  };

  visitChildren<T extends TS.Node>(node: T): T {
    return ts.visitEachChild(node, this.visit, this.#context);
  }

  /** The assignment target for a declared name: a box, or a pattern over boxes. */
  target(name: TS.BindingName): TS.Expression {
    if (ts.isIdentifier(name)) return this.box(name.text);
    if (ts.isArrayBindingPattern(name)) {
      return F.createArrayLiteralExpression(
        name.elements.map((element) => {
          if (ts.isOmittedExpression(element)) return element;
          return element.dotDotDotToken ? F.createSpreadElement(this.target(element.name)) : this.#targetWithDefault(element);
        })
      );
    }
    return F.createObjectLiteralExpression(
      name.elements.map((element) => {
        if (element.dotDotDotToken) return F.createSpreadAssignment(this.target(element.name));
        const key = element.propertyName ? (this.visit(element.propertyName) as TS.PropertyName) : F.createIdentifier((element.name as TS.Identifier).text);
        return F.createPropertyAssignment(key, this.#targetWithDefault(element));
      })
    );
  }

  /** The value of a variable; an anonymous function keeps the variable's name, as it would in a plain declaration. */
  namedValue(name: TS.BindingName, initializer: TS.Expression): TS.Expression {
    const value = this.expression(initializer);
    if (!ts.isIdentifier(name) || !isAnonymousFunction(initializer)) return value;
    const holder = F.createObjectLiteralExpression([F.createPropertyAssignment(F.createStringLiteral(name.text), value)]);
    return F.createElementAccessExpression(holder, F.createStringLiteral(name.text));
  }

  entityName(name: TS.EntityName): TS.Expression {
    if (ts.isQualifiedName(name)) return F.createPropertyAccessExpression(this.entityName(name.left), name.right.text);
    return this.#isShared(name) ? this.box(name.text) : F.createIdentifier(name.text);
  }

  /** Whether a name stands for something at run time, and not for a type only. */
  isValue(name: TS.Identifier): boolean {
    let symbol = this.#checker.getSymbolAtLocation(name);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = this.#checker.getAliasedSymbol(symbol);
    return symbol !== undefined && (symbol.flags & ts.SymbolFlags.Value) !== 0;
  }

  #identifier(node: TS.Identifier): TS.Node {
    return isValueReference(node) && this.#isShared(node) ? ts.setTextRange(this.box(node.text), node) : node;
  }

  #shorthand(node: TS.ShorthandPropertyAssignment): TS.Node {
    if (!this.#isShared(node.name)) return this.visitChildren(node);
    const box = this.box(node.name.text);
    const initial = node.objectAssignmentInitializer;
    return F.createPropertyAssignment(node.name.text, initial ? F.createAssignment(box, this.expression(initial)) : box);
  }

  #call(node: TS.CallExpression): TS.Node {
    const callee = node.expression;
    if (callee.kind === ts.SyntaxKind.ImportKeyword) return this.#kernelCall('module', node);
    if (!ts.isIdentifier(callee)) return this.visitChildren(node);
    if (callee.text === MAGIC_CALL) return this.#kernelCall('magic', node);
    if (!this.#isShared(callee)) return this.visitChildren(node);
    return F.updateCallExpression(node, this.#detached(callee), undefined, ts.visitNodes(node.arguments, this.visit, ts.isExpression));
  }

  #taggedTemplate(node: TS.TaggedTemplateExpression): TS.Node {
    if (!ts.isIdentifier(node.tag) || !this.#isShared(node.tag)) return this.visitChildren(node);
    return F.updateTaggedTemplateExpression(node, this.#detached(node.tag), undefined, this.visit(node.template) as TS.TemplateLiteral);
  }

  /** `(0, $f.v)`: a plain `$f.v()` would hand the box to the function as `this`. */
  #detached(name: TS.Identifier): TS.Expression {
    return F.createParenthesizedExpression(F.createComma(F.createNumericLiteral(0), ts.setTextRange(this.box(name.text), name)));
  }

  #kernelCall(member: string, node: TS.CallExpression): TS.Node {
    const callee = F.createPropertyAccessExpression(F.createIdentifier(this.kernelParameter), member);
    return ts.setTextRange(F.createCallExpression(callee, undefined, ts.visitNodes(node.arguments, this.visit, ts.isExpression)), node);
  }

  #targetWithDefault(element: TS.BindingElement): TS.Expression {
    const target = this.target(element.name);
    return element.initializer ? F.createAssignment(target, this.namedValue(element.name, element.initializer)) : target;
  }

  /** `var x` in a block is the same variable as a `var x` at the top of the cell, and must fill the same box. */
  #assignsSharedVar(list: TS.VariableDeclarationList): boolean {
    if (list.flags & ts.NodeFlags.BlockScoped || list.parent.parent === this.#file) return false;
    return list.declarations.some((declaration) => boundIdentifiers(declaration.name).some((id) => this.#isShared(id)));
  }

  #nestedVarStatement(node: TS.VariableStatement): TS.Node {
    const assignments = this.#assignments(node.declarationList);
    return assignments ? F.createExpressionStatement(assignments) : F.createEmptyStatement();
  }

  #loop(node: TS.ForStatement | TS.ForInStatement | TS.ForOfStatement): TS.Node {
    const list = node.initializer;
    if (!list || !ts.isVariableDeclarationList(list) || !this.#assignsSharedVar(list)) return this.visitChildren(node);
    const body = this.visit(node.statement) as TS.Statement;
    if (ts.isForStatement(node)) {
      const condition = node.condition && this.expression(node.condition);
      return F.updateForStatement(node, this.#assignments(list), condition, node.incrementor && this.expression(node.incrementor), body);
    }
    const [declaration] = list.declarations;
    const target = declaration ? this.target(declaration.name) : F.createVoidZero();
    return ts.isForInStatement(node)
      ? F.updateForInStatement(node, target, this.expression(node.expression), body)
      : F.updateForOfStatement(node, node.awaitModifier, target, this.expression(node.expression), body);
  }

  #assignments(list: TS.VariableDeclarationList): TS.Expression | undefined {
    const [first, ...rest] = list.declarations.flatMap((declaration) =>
      declaration.initializer ? [F.createAssignment(this.target(declaration.name), this.namedValue(declaration.name, declaration.initializer))] : []
    );
    return first && F.createParenthesizedExpression(rest.reduce<TS.Expression>((left, right) => F.createComma(left, right), first));
  }

  #isShared(id: TS.Identifier): boolean {
    const known = this.#cell.declared.get(id.text) ?? this.#cell.used.get(id.text);
    if (!known || known.ambient) return false;
    const symbol =
      id.parent && ts.isShorthandPropertyAssignment(id.parent)
        ? this.#checker.getShorthandAssignmentValueSymbol(id.parent)
        : this.#checker.getSymbolAtLocation(id);
    const declarations = symbol?.declarations ?? [];
    if (!declarations.some((declaration) => isTopLevel(declaration, this.#file))) return false;
    // Inside its own body a class, enum or namespace goes by its local name: the box is filled only after it.
    return !declarations.some((declaration) => hasLocalName(declaration) && encloses(declaration, id));
  }
}

function isTopLevel(declaration: TS.Declaration, file: TS.SourceFile): boolean {
  if (ts.isVariableDeclaration(declaration) || ts.isBindingElement(declaration)) {
    let node: TS.Node = declaration;
    while (ts.isBindingElement(node) || ts.isObjectBindingPattern(node) || ts.isArrayBindingPattern(node) || ts.isVariableDeclaration(node)) node = node.parent;
    return ts.isVariableDeclarationList(node) && ts.isVariableStatement(node.parent) && node.parent.parent === file;
  }
  if (ts.isImportClause(declaration)) return declaration.parent.parent === file;
  if (ts.isNamespaceImport(declaration)) return declaration.parent.parent.parent === file;
  if (ts.isImportSpecifier(declaration)) return declaration.parent.parent.parent.parent === file;
  const isStatement =
    ts.isFunctionDeclaration(declaration) ||
    ts.isClassDeclaration(declaration) ||
    ts.isEnumDeclaration(declaration) ||
    ts.isModuleDeclaration(declaration) ||
    ts.isImportEqualsDeclaration(declaration);
  return isStatement && declaration.parent === file && !hasModifier(declaration, ts.SyntaxKind.DeclareKeyword);
}

function hasLocalName(declaration: TS.Declaration): boolean {
  return ts.isClassDeclaration(declaration) || ts.isEnumDeclaration(declaration) || ts.isModuleDeclaration(declaration);
}

function encloses(outer: TS.Node, node: TS.Node): boolean {
  for (let current: TS.Node | undefined = node; current; current = current.parent) if (current === outer) return true;
  return false;
}

/** Whether an identifier is an expression of its own, and not a name of something, a key or a label. */
function isValueReference(id: TS.Identifier): boolean {
  const { parent } = id;
  if (!parent) return false;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === id;
  if (ts.isBindingElement(parent) || ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isPropertyDeclaration(parent) || ts.isEnumMember(parent)) {
    return parent.initializer === id;
  }
  if (ts.isPropertyAssignment(parent)) return parent.initializer === id;
  if (ts.isArrowFunction(parent)) return parent.body === id;
  const isNameOnly =
    ts.isQualifiedName(parent) ||
    ts.isFunctionLike(parent) ||
    ts.isClassLike(parent) ||
    ts.isEnumDeclaration(parent) ||
    ts.isModuleDeclaration(parent) ||
    ts.isInterfaceDeclaration(parent) ||
    ts.isTypeAliasDeclaration(parent) ||
    ts.isTypeParameterDeclaration(parent) ||
    ts.isLabeledStatement(parent) ||
    ts.isBreakOrContinueStatement(parent) ||
    ts.isMetaProperty(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isImportAttribute(parent);
  return !isNameOnly;
}

function isAnonymousFunction(expression: TS.Expression): boolean {
  let inner = expression;
  while (ts.isParenthesizedExpression(inner) || ts.isAsExpression(inner) || ts.isSatisfiesExpression(inner)) inner = inner.expression;
  if (ts.isArrowFunction(inner)) return true;
  return (ts.isFunctionExpression(inner) || ts.isClassExpression(inner)) && !inner.name;
}
