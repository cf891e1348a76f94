/** Functions that one place in one other function calls: their bodies move there. */
import type { Call, Callee, Expr, FunctionDef, Literal, Param, Source, Statement } from './model.js';

/** The calls with functions of one use put into the functions that use them. */
export function inlineOnce(calls: readonly Call[]): Call[] {
  const uses = new Map<FunctionDef, number>();
  const count = (callee: Callee, isLoop = false): void => {
    if (typeof callee === 'string') return;
    if (callee.kind === 'loop') {
      count(callee.inner, true);
      return;
    }
    const known = uses.get(callee);
    // A loop is a use of its own kind: what it repeats stays a function.
    uses.set(callee, (known ?? 0) + (isLoop ? 2 : 1));
    if (known === undefined) for (const statement of callee.body) count(statement.callee);
  };
  for (const { callee } of calls) count(callee);
  const rewritten = new Map<FunctionDef, FunctionDef>();
  const rewrite = (def: FunctionDef): FunctionDef => {
    const known = rewritten.get(def);
    if (known) return known;
    const made: FunctionDef = { ...def, ...expand(def) };
    rewritten.set(def, made);
    return made;
  };
  const rewriteCallee = (callee: Callee): Callee => {
    if (typeof callee === 'string') return callee;
    return callee.kind === 'loop' ? { ...callee, inner: rewriteCallee(callee.inner) } : rewrite(callee);
  };
  const expand = (def: FunctionDef): Pick<FunctionDef, 'body' | 'returns'> => {
    const body: Statement[] = [];
    const places: Source[][] = [];
    const move = (source: Source): Source => ('input' in source ? source : places[source.statement]![source.output]!);
    for (const statement of def.body) {
      const inputs = statement.inputs.map(move);
      const callee = rewriteCallee(statement.callee);
      const isOnce =
        typeof callee === 'object' && callee.kind === 'function' && uses.get(statement.callee as FunctionDef) === 1;
      if (!isOnce) {
        places.push(Array.from({ length: statement.outputs }, (_, output) => ({ statement: body.length, output })));
        body.push({ ...statement, callee, inputs });
        continue;
      }
      const start = body.length;
      const values = new Values(callee.params, statement.args);
      const within = (source: Source): Source =>
        'input' in source ? inputs[source.input]! : { ...source, statement: start + source.statement };
      for (const inner of callee.body)
        body.push({ ...inner, inputs: inner.inputs.map(within), args: values.put(inner.args) });
      places.push(callee.returns.map(within));
    }
    return { body, returns: def.returns.map(move) };
  };
  return calls.map((call) => ({ ...call, callee: rewriteCallee(call.callee) }));
}

/** Arguments in the place of parameters. */
class Values {
  readonly #values: ReadonlyMap<Param, Expr>;

  constructor(params: readonly Param[], args: Expr) {
    const given =
      args.kind === 'fields'
        ? args.fields
        : new Map(
            Object.entries((args as { value: Readonly<Record<string, Literal>> }).value).map(
              ([name, value]): [string, Expr] => [name, { kind: 'literal', value }],
            ),
          );
    this.#values = new Map(
      params.map((param) => [param, given.get(param.name) ?? { kind: 'literal', value: param.default }]),
    );
  }

  put(expr: Expr): Expr {
    switch (expr.kind) {
      case 'literal':
        return expr;
      case 'param': {
        const value = this.#values.get(expr.param) ?? expr;
        if (value.kind === 'literal' && typeof value.value === 'number')
          return { kind: 'literal', value: (value.value * expr.times) / expr.over };
        if (value.kind === 'param' && value !== expr)
          return { ...value, times: value.times * expr.times, over: value.over * expr.over };
        return value;
      }
      case 'half': {
        const value = this.#values.get(expr.param);
        if (value?.kind === 'literal') return { kind: 'literal', value: ((value.value as number) - 1) / 2 };
        return value?.kind === 'param' ? { kind: 'half', param: value.param } : expr;
      }
      case 'template':
        return this.#text(expr.parts);
      case 'list':
        return { kind: 'list', items: expr.items.map((item) => this.put(item)) };
      case 'fields':
        return { kind: 'fields', fields: new Map([...expr.fields].map(([name, each]) => [name, this.put(each)])) };
      case 'around-item':
        return { kind: 'around-item', before: this.put(expr.before), after: this.put(expr.after) };
    }
  }

  #text(parts: readonly (string | Param)[]): Expr {
    const flat = parts.flatMap((part): (string | Param)[] => {
      const value = typeof part === 'string' ? undefined : this.#values.get(part);
      if (!value) return [part];
      if (value.kind === 'literal') return [value.value as string];
      if (value.kind === 'template') return [...value.parts];
      return value.kind === 'param' ? [value.param] : [part];
    });
    const merged: (string | Param)[] = [];
    for (const part of flat) {
      const last = merged.at(-1);
      if (typeof part === 'string' && typeof last === 'string') merged.splice(-1, 1, last + part);
      else merged.push(part);
    }
    const [first] = merged;
    return merged.length === 1 && typeof first === 'string'
      ? { kind: 'literal', value: first }
      : { kind: 'template', parts: merged };
  }
}
