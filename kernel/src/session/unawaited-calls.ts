import type TS from 'typescript';
import { ts } from './typescript.js';

/** A call whose result nobody waits for. */
export interface UnawaitedCall {
  readonly node: TS.Expression;
  readonly callee: string;
}

/**
 * Finds calls of a tracked library (the SDK) whose promise is dropped: as a statement, or as the last expression of the
 * cell. Whoever awaits, returns, assigns, passes on or `void`s the promise has taken charge of it.
 */
export function findUnawaitedCalls(
  file: TS.SourceFile,
  checker: TS.TypeChecker,
  end: number,
  isTracked: (fileName: string) => boolean
): readonly UnawaitedCall[] {
  const found: UnawaitedCall[] = [];
  const visit = (node: TS.Node): void => {
    if (node.pos >= end) return;
    if (ts.isExpressionStatement(node)) {
      for (const expression of droppedExpressions(node.expression)) check(expression);
    }
    ts.forEachChild(node, visit);
  };
  const check = (expression: TS.Expression): void => {
    if (!ts.isCallExpression(expression)) return;
    const type = checker.getTypeAtLocation(expression);
    const call = isPromise(type, checker) ? trackedCall(expression) : isListOfTrackedPromises(type) ? expression : undefined;
    if (call) found.push({ node: call, callee: call.expression.getText(file) });
  };
  /** The call itself, or the one at the root of `call().then(…).catch(…)`. */
  const trackedCall = (expression: TS.CallExpression): TS.CallExpression | undefined => {
    const declaration = checker.getResolvedSignature(expression)?.declaration;
    if (declaration && isTracked(declaration.getSourceFile().fileName)) return expression;
    const callee = expression.expression;
    if (!ts.isPropertyAccessExpression(callee) || !['then', 'catch', 'finally'].includes(callee.name.text)) return undefined;
    const receiver = ts.skipPartiallyEmittedExpressions(skipParentheses(callee.expression));
    return ts.isCallExpression(receiver) ? trackedCall(receiver) : undefined;
  };
  /** `nodes.map((node) => node.exec(…))`: promises of something that the library describes. */
  const isListOfTrackedPromises = (type: TS.Type): boolean => {
    const element = checker.isArrayType(type) ? checker.getTypeArguments(type as TS.TypeReference)[0] : undefined;
    if (!element || !isPromise(element, checker)) return false;
    const awaited = checker.getAwaitedType(element);
    const symbol = awaited?.aliasSymbol ?? awaited?.getSymbol();
    return symbol?.declarations?.some((declaration) => isTracked(declaration.getSourceFile().fileName)) ?? false;
  };
  visit(file);
  return found;
}

/** The parts of an expression whose value is the value of a statement, and so dropped. */
function droppedExpressions(expression: TS.Expression): readonly TS.Expression[] {
  const inner = skipParentheses(expression);
  if (ts.isConditionalExpression(inner)) return [...droppedExpressions(inner.whenTrue), ...droppedExpressions(inner.whenFalse)];
  if (ts.isBinaryExpression(inner)) {
    const operator = inner.operatorToken.kind;
    if (operator === ts.SyntaxKind.CommaToken) return [...droppedExpressions(inner.left), ...droppedExpressions(inner.right)];
    const isLogical =
      operator === ts.SyntaxKind.AmpersandAmpersandToken ||
      operator === ts.SyntaxKind.BarBarToken ||
      operator === ts.SyntaxKind.QuestionQuestionToken;
    return isLogical ? droppedExpressions(inner.right) : [];
  }
  return [inner];
}

function skipParentheses(expression: TS.Expression): TS.Expression {
  let inner = expression;
  while (ts.isParenthesizedExpression(inner) || ts.isAsExpression(inner) || ts.isSatisfiesExpression(inner) || ts.isNonNullExpression(inner)) {
    inner = inner.expression;
  }
  return inner;
}

function isPromise(type: TS.Type, checker: TS.TypeChecker): boolean {
  if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return false;
  return checker.getPropertyOfType(checker.getNonNullableType(type), 'then') !== undefined;
}
