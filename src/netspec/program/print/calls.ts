/** Calls as code: of layers, of the program's functions, and of what loops repeat. */
import { isTyped } from './layer-calls.js';
import type { OptionsForm } from './constants.js';
import { exprDoc, fieldsDoc, member, type Scope } from './expressions.js';
import { quote, type Doc } from './layout.js';
import { sameLiteral, type Expr, type FunctionDef, type Literal } from '../model.js';

/** The members of an expression that holds fields. */
export function fieldsOf(expr: Expr): Map<string, Expr> {
  if (expr.kind === 'fields') return new Map(expr.fields);
  const { value } = expr as { value: Readonly<Record<string, Literal>> };
  return new Map(Object.entries(value).map(([name, each]) => [name, { kind: 'literal', value: each }]));
}

/** The items of an expression that holds a list. */
export function itemsOf(expr: Expr): readonly Expr[] {
  if (expr.kind === 'list') return expr.items;
  return (expr as { value: readonly Literal[] }).value.map((value) => ({ kind: 'literal', value }));
}

/** The names of a layer's tops. */
export function keysOf(args: Expr): readonly Expr[] {
  return itemsOf(fieldsOf(args).get('keys')!);
}

/**
 * `L.Convolution(x, { … })`, and the names that it is given: `n.conv1`.
 * @param bottoms how many there are, where an argument stands for several
 */
export function layerCall(
  type: string,
  inputs: readonly Doc[],
  args: Expr,
  scope: Scope,
  bottoms = inputs.length,
): { keys: string[]; call: Doc } {
  const fields = fieldsOf(args);
  const keys = keysOf(args).map((key) => member(key, scope));
  const given = fields.get('options')!;
  const options =
    (given.kind === 'literal' && sharedOptions(scope.constants.optionsOf(type, given.value), scope)) ||
    fieldsDoc([...fieldsOf(given)], scope);
  const isEmpty = typeof options !== 'string' && options.items.length === 0;
  const typed = isTyped(type, bottoms) && ![...fieldsOf(given)].some(isOwnSetting);
  const items = [...(typed ? [] : [quote(type)]), ...inputs, ...(isEmpty ? [] : [options])];
  return { keys, call: { open: typed ? `L.${type}(` : 'L(', close: ')', items } };
}

/** A message that no schema has is given as text, which the type's function does not take. */
function isOwnSetting([field, value]: readonly [string, Expr]): boolean {
  const isList = value.kind === 'list' || (value.kind === 'literal' && Array.isArray(value.value));
  const [first] = isList ? itemsOf(value) : [value];
  const isText = first?.kind === 'template' || (first?.kind === 'literal' && typeof first.value === 'string');
  return field.endsWith('_param') && isText;
}

function sharedOptions(form: OptionsForm | undefined, scope: Scope): Doc | undefined {
  if (!form?.changed) return form?.name;
  const [field, value] = form.changed;
  const doc = fieldsDoc([[field, { kind: 'literal', value }]], scope) as Exclude<Doc, string>;
  return { ...doc, items: [`...${form.name}`, ...doc.items] };
}

/** How a function takes its arguments: by position, and in an object what is optional or too much to count. */
export function parameterForm({ inputs, params }: FunctionDef) {
  const required = params.filter(({ optional }) => !optional);
  const names = required.filter(({ type }) => type === 'string');
  const values = required.filter(({ type }) => type !== 'string');
  const positional = values.length > MOST_POSITIONAL ? names : [...names, ...values];
  return {
    inputs: inputs.flatMap(({ fallback }, i) => (fallback === undefined ? [i] : [])),
    optionalInputs: inputs.flatMap(({ fallback }, i) => (fallback === undefined ? [] : [i])),
    positional,
    named: [...(values.length > MOST_POSITIONAL ? values : []), ...params.filter(({ optional }) => optional)],
  };
}

const MOST_POSITIONAL = 3;

/**
 * `convBn(x, 'conv1', 64, { stride: 2 })`
 * @param isLeftOut whether an optional blob is the one that it is when it is not given
 */
export function functionCall(
  def: FunctionDef,
  inputs: readonly Doc[],
  isLeftOut: (input: number) => boolean,
  args: Expr,
  scope: Scope,
): Doc {
  const given = fieldsOf(args);
  const form = parameterForm(def);
  const options = fieldsDoc(
    form.named.flatMap(({ name, default: fallback }) => {
      const value = given.get(name);
      const isDefault = value?.kind === 'literal' && sameLiteral(value.value, fallback);
      return value && !isDefault ? [[name, value] as const] : [];
    }),
    scope,
  ) as Exclude<Doc, string>;
  const blobs = form.optionalInputs
    .filter((input) => !isLeftOut(input))
    .map((input): Doc => {
      const { name } = def.inputs[input]!;
      const doc = inputs[input]!;
      return doc === name
        ? name
        : typeof doc === 'string'
          ? `${name}: ${doc}`
          : { ...doc, open: `${name}: ${doc.open}` };
    });
  const named = [...options.items, ...blobs];
  return {
    open: `${def.name}(`,
    close: ')',
    items: [
      ...form.inputs.map((input) => inputs[input]!),
      ...form.positional.map(({ name }) => exprDoc(given.get(name)!, scope)),
      ...(named.length > 0 ? [{ ...options, items: named }] : []),
    ],
  };
}
