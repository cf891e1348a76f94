/** Arguments as code: literals, parameters, template strings, and the constants that stand for values that recur. */
import { EnumName, isFieldsLiteral, LoopString, type Expr, type Literal } from '../model.js';
import type { Constants } from './constants.js';
import { isIdentifier, quote, templateText, type Doc } from './layout.js';

/** Where an expression stands. */
export interface Scope {
  readonly constants: Constants;
  /** The variable that holds the item of the loop around it, if there is one. */
  readonly item?: { readonly name: string; readonly isNumber: boolean };
}

/** An expression as code. */
export function exprDoc(expr: Expr, scope: Scope): Doc {
  switch (expr.kind) {
    case 'literal':
      return literalDoc(expr.value, scope);
    case 'param': {
      const { param, times, over } = expr;
      return `${times === 1 ? '' : `${times} * `}${param.name}${over === 1 ? '' : ` / ${over}`}`;
    }
    case 'half':
      return `(${expr.param.name} - 1) / 2`;
    case 'template':
    case 'around-item':
      return templateCode(expr, scope);
    case 'list':
      return { open: '[', close: ']', items: expr.items.map((item) => exprDoc(item, scope)) };
    case 'fields':
      return fieldsDoc([...expr.fields], scope);
  }
}

/** Fields between braces. A field whose value is a variable of its name is written once. */
export function fieldsDoc(fields: readonly (readonly [name: string, value: Expr])[], scope: Scope): Doc {
  const items = fields.flatMap(([name, value]): Doc[] => {
    if (value.kind === 'literal' && value.value === undefined) return [];
    const doc = (value.kind === 'literal' && scope.constants.nameOf(name, value.value)) || exprDoc(value, scope);
    if (doc === name) return [name];
    const label = `${isIdentifier(name) ? name : quote(name)}: `;
    return [typeof doc === 'string' ? label + doc : { ...doc, open: label + doc.open }];
  });
  return { open: '{', close: '}', items, spaced: true };
}

/** A value as code. */
export function literalDoc(value: Literal, scope: Scope): Doc {
  if (value === undefined) return 'undefined';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'boolean') return String(value);
  if (value instanceof EnumName) return quote(value.name);
  if (value instanceof LoopString) return templateCode(asExpr(value), scope);
  if (value instanceof Uint8Array)
    return { open: 'new Uint8Array([', close: '])', items: Array.from(value, String), filled: true };
  if (isFieldsLiteral(value))
    return fieldsDoc(
      Object.entries(value).map(([name, each]) => [name, { kind: 'literal', value: each }]),
      scope,
    );
  return {
    open: '[',
    close: ']',
    items: value.map((item) => literalDoc(item, scope)),
    filled: value.every((item) => typeof item === 'number'),
  };
}

function asExpr({ before, after }: LoopString): Expr {
  return {
    kind: 'around-item',
    before: { kind: 'literal', value: before },
    after: { kind: 'literal', value: after },
  };
}

/** A template string, or a variable alone where there is nothing around it. */
function templateCode(expr: Expr, scope: Scope): string {
  const parts = templateParts(expr, scope.item?.name ?? '');
  const isString = !(scope.item?.isNumber && expr.kind === 'around-item');
  if (parts.length === 1 && 'code' in parts[0]! && isString) return parts[0].code;
  const text = parts.map((part) => ('code' in part ? `\${${part.code}}` : templateText(part.text)));
  return `\`${text.join('')}\``;
}

type Part = { text: string } | { code: string };

function templateParts(expr: Expr, item: string): Part[] {
  const parts: Part[] =
    expr.kind === 'template'
      ? expr.parts.map((part) => (typeof part === 'string' ? { text: part } : { code: part.name }))
      : expr.kind === 'around-item'
        ? [...templateParts(expr.before, item), { code: item }, ...templateParts(expr.after, item)]
        : expr.kind === 'param'
          ? [{ code: expr.param.name }]
          : expr.kind === 'literal'
            ? [{ text: expr.value as string }]
            : [];
  return parts.filter((part) => !('text' in part) || part.text !== '');
}

/** The name in `n` as code: `n.conv1`, `n['a/b']`, ``n[`${name}_relu`]``. */
export function member(key: Expr, scope: Scope): string {
  if (key.kind === 'literal' && typeof key.value === 'string')
    return isIdentifier(key.value) ? `n.${key.value}` : `n[${quote(key.value)}]`;
  const code = exprDoc(key, scope);
  return `n[${code as string}]`;
}
