/**
 * What a program is made of while it is written: calls of layers, functions and loops, the wires between them, and the
 * expressions that their arguments become.
 */

/** A value of an enum field, which the program writes by name. */
export class EnumName {
  constructor(readonly name: string) {}
}

/** A string of a loop's body: what stands before and after the loop's item. */
export class LoopString {
  constructor(
    readonly before: string,
    readonly after: string,
  ) {}
}

/** A value that is known. `undefined` is what was left out. */
export type Literal =
  undefined | string | number | boolean | EnumName | LoopString | Uint8Array | readonly Literal[] | LiteralFields;
export interface LiteralFields {
  readonly [field: string]: Literal;
}

/** A parameter of a function. */
export interface Param {
  name: string;
  /** As TypeScript has it. */
  readonly type: string;
  /** May be left out. */
  readonly optional: boolean;
  /** What it is when it is left out. */
  readonly default: Literal;
}

/** An argument as it is written. */
export type Expr =
  | { kind: 'literal'; value: Literal }
  /** A parameter, times and divided by whole numbers. */
  | { kind: 'param'; param: Param; times: number; over: number }
  /** The padding that keeps the size: half of the parameter, rounded down. */
  | { kind: 'half'; param: Param }
  | { kind: 'template'; parts: readonly (string | Param)[] }
  /** A string in a loop, around its item. */
  | { kind: 'around-item'; before: Expr; after: Expr }
  | { kind: 'list'; items: readonly Expr[] }
  | { kind: 'fields'; fields: ReadonlyMap<string, Expr> };

/** A blob on its way from the call that makes it. */
export interface Wire {
  /** Its name in the NetSpec. */
  readonly key: string;
}

/** A run of calls of the same thing, each of which reads what the one before it made. */
export interface Loop {
  readonly kind: 'loop';
  readonly inner: Callee;
  /** Which of the inner call's inputs are what the call before made. */
  readonly chained: readonly number[];
}

/** A function of the program. */
export interface FunctionDef {
  readonly kind: 'function';
  name: string;
  /** Names of the blobs that it takes; an optional one is the blob that it says when it is left out. */
  readonly inputs: readonly { name: string; fallback?: number }[];
  readonly params: readonly Param[];
  readonly body: readonly Statement[];
  /** The blobs that it returns. */
  readonly returns: readonly Source[];
}

/** What is called: a layer type, a function, or what a loop repeats. */
export type Callee = string | FunctionDef | Loop;

/** A call with all that is known of it. */
export interface Call {
  readonly callee: Callee;
  readonly inputs: readonly Wire[];
  readonly outputs: readonly Wire[];
  /** Of a layer `keys` and `options`, of a function its parameters, of a loop `items` and `each`, the inner call's. */
  readonly args: LiteralFields;
}

/** Where a blob in a function comes from: an input, or an output of an earlier statement. */
export type Source = { input: number } | { statement: number; output: number };

/** A call in a function's body. */
export interface Statement {
  readonly callee: Callee;
  readonly inputs: readonly Source[];
  readonly outputs: number;
  readonly args: Expr;
}

export function isFieldsLiteral(value: Literal): value is LiteralFields {
  return (
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !(value instanceof EnumName) &&
    !(value instanceof LoopString) &&
    !(value instanceof Uint8Array)
  );
}

/** Whether two values are written alike. */
export function sameLiteral(a: Literal, b: Literal): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (a instanceof EnumName || b instanceof EnumName)
    return a instanceof EnumName && b instanceof EnumName && a.name === b.name;
  if (a instanceof LoopString || b instanceof LoopString)
    return a instanceof LoopString && b instanceof LoopString && a.before === b.before && a.after === b.after;
  if (isList(a) || isList(b))
    return isList(a) && isList(b) && a.length === b.length && a.every((item, i) => sameLiteral(item, b[i]));
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameLiteral(a[key], b[key]))
  );
}

/** A list of a program, or bytes. */
function isList(value: LiteralFields | readonly Literal[] | Uint8Array): value is readonly Literal[] | Uint8Array {
  return Array.isArray(value) || value instanceof Uint8Array;
}
