/**
 * Statements as code: a layer is named in `n`, a function's result is kept where something reads it. In the program itself that is
 * `x` for as long as it is the last one, and then its name in `n`; in a function it is a constant.
 */
import type { Callee, Expr, FunctionDef, Source, Statement } from '../model.js';
import { camelCase, shortName, uniqueName } from '../naming.js';
import type { Constants } from './constants.js';
import { exprDoc, type Scope } from './expressions.js';
import { fieldsOf, functionCall, itemsOf, keysOf, layerCall, parameterForm } from './calls.js';
import { flat, layOut, type Doc } from './layout.js';
import { seriesName, seriesNames, seriesOf, withSeries, type SeriesTop } from './series.js';

/** What all blocks of a program have in common. */
export interface Context {
  readonly constants: Constants;
  /** Names of functions and constants, which no variable may have. */
  readonly taken: ReadonlySet<string>;
}

/** A function of the program. */
export function functionCode(def: FunctionDef, { constants, taken: global }: Context): string[] {
  const taken = new Set([...global, ...def.inputs.map(({ name }) => name), ...def.params.map(({ name }) => name)]);
  const readers = new Map<string, number>();
  const count = (source: Source): void => {
    if ('statement' in source) readers.set(keyOf(source), (readers.get(keyOf(source)) ?? 0) + 1);
  };
  for (const { inputs } of def.body) inputs.forEach(count);
  def.returns.forEach(count);
  const variables = new Map<string, string>();
  const series = new Map<string, SeriesTop>();
  const read = (source: Source): string =>
    'input' in source ? def.inputs[source.input]!.name : variables.get(keyOf(source))!;

  const lines: string[] = [];
  const fedLoops = new Set<number>();
  for (const [i, statement] of def.body.entries()) {
    const outputs = Array.from({ length: statement.outputs }, (_, output) => ({ statement: i, output }));
    const isRead = outputs.map((output) => readers.has(keyOf(output)));
    const next = def.body[i + 1];
    const isLoop = typeof statement.callee !== 'string' && statement.callee.kind === 'loop';
    // What a loop goes on with is a variable from the start.
    const feedsLoop =
      next &&
      typeof next.callee !== 'string' &&
      next.callee.kind === 'loop' &&
      statement.outputs === 1 &&
      readers.get(keyOf(outputs[0]!)) === next.callee.chained.length &&
      next.callee.chained.every((k) => keyOf(next.inputs[k]!) === keyOf(outputs[0]!));
    const isReturned =
      i === def.body.length - 1 && def.returns.length === 1 && statement.outputs === 1 && isRead[0] === true;
    const docs = statement.inputs.map(read);
    const numbered = typeof statement.callee === 'string' ? seriesOf(keysOf(statement.args)) : undefined;
    if (typeof statement.callee === 'string' && numbered) {
      const variable = uniqueName(seriesName(numbered, statement.callee), taken);
      for (const [index, output] of outputs.entries()) {
        series.set(keyOf(output), { variable, index, of: outputs.length });
        variables.set(keyOf(output), `${variable}[${index}]`);
      }
      const { call } = layerCall(statement.callee, docs, statement.args, { constants });
      lines.push(layOut(`const ${variable} = `, call, ';', 2), `  ${seriesNames(numbered, variable, { constants })}`);
      continue;
    }
    const wanted = isRead.map((read) => (read && !isReturned ? variableName(statement, taken) : undefined));
    const source = isLoop && statement.inputs[statement.callee.chained[0]!];
    if (source && 'statement' in source && fedLoops.has(i) && (wanted[0] !== undefined || isReturned))
      wanted[0] = variables.get(keyOf(source));
    for (const [k, name] of wanted.entries()) if (name !== undefined) variables.set(keyOf(outputs[k]!), name);
    const tops = statement.inputs.map((source) => series.get(keyOf(source)));
    const args = typeof statement.callee === 'string' ? withSeries(tops, docs) : docs;
    lines.push(...statementCode(statement, args, wanted, isReturned, { constants }, taken, feedsLoop));
    if (feedsLoop) fedLoops.add(i + 1);
  }
  const last = def.returns.length === 1 ? def.returns[0]! : undefined;
  const isDone = last && 'statement' in last && last.statement === def.body.length - 1;
  if (!isDone && def.returns.length > 0)
    lines.push(last ? `  return ${read(last)};` : `  return [${def.returns.map(read).join(', ')}];`);
  return [...signature(def, { constants }), ...lines, '}'];
}

function keyOf(source: Source): string {
  return 'input' in source ? `input ${source.input}` : `${source.statement} ${source.output}`;
}

function signature(def: FunctionDef, scope: Scope): string[] {
  const form = parameterForm(def);
  const options = [
    ...form.named.map((param) => ({
      name: param.name,
      type: param.type,
      optional: param.optional,
      default:
        param.default === undefined ? undefined : flat(exprDoc({ kind: 'literal', value: param.default }, scope)),
    })),
    ...form.optionalInputs.map((input) => ({
      name: def.inputs[input]!.name,
      type: 'Bottom',
      optional: true,
      default: def.inputs[def.inputs[input]!.fallback!]!.name,
    })),
  ];
  const names = options.map((each) => (each.default === undefined ? each.name : `${each.name} = ${each.default}`));
  const types = options.map(({ name, type, optional }) => `${name}${optional ? '?' : ''}: ${type}`);
  const fallback = options.every(({ optional }) => optional) ? ' = {}' : '';
  const isLong = types.join('; ').length > LONGEST_TYPE;
  const typeName = `${def.name[0]!.toUpperCase()}${def.name.slice(1)}Options`;
  const object: Doc[] =
    options.length === 0
      ? []
      : [
          {
            open: '{',
            close: `}: ${isLong ? typeName : `{ ${types.join('; ')} }`}${fallback}`,
            items: names,
            spaced: true,
          },
        ];
  const items = [
    ...form.inputs.map((input) => `${def.inputs[input]!.name}: Bottom`),
    ...form.positional.map(({ name, type }) => `${name}: ${type}`),
    ...object,
  ];
  const tops = def.returns.map(() => 'Top');
  const returns = tops.length === 0 ? 'void' : tops.length === 1 ? 'Top' : `[${tops.join(', ')}]`;
  return [
    ...(isLong && options.length > 0 ? [`interface ${typeName} {`, ...types.map((type) => `  ${type};`), '}', ''] : []),
    ...layOut(`function ${def.name}`, { open: '(', close: ')', items, even: true }, `: ${returns} {`, 0).split('\n'),
  ];
}

/** A longer type of an object is an interface. */
const LONGEST_TYPE = 70;

/** What a result is called in a function: by the end of its name, or by its type. */
function variableName({ callee, args }: Statement, taken: Set<string>): string {
  return uniqueName(tailOf(callee, args) ?? roleOf(callee), taken);
}

function tailOf(callee: Callee, args: Expr): string | undefined {
  if (typeof callee === 'string') return undefined;
  const each = callee.kind === 'loop' ? fieldsOf(args).get('each')! : args;
  const name = fieldsOf(each).get('name');
  const text = name?.kind === 'template' ? name.parts.at(-1) : name?.kind === 'literal' ? name.value : undefined;
  if (typeof text !== 'string') return undefined;
  return camelCase(/[A-Za-z][A-Za-z0-9_]*$/.exec(text)?.[0].replace(/^_+/, '') ?? '');
}

function roleOf(callee: Callee): string {
  if (typeof callee === 'string') return shortName(callee);
  if (callee.kind === 'loop') return 'y';
  const types = callee.body.map(({ callee: inner }) => inner).filter((inner) => typeof inner === 'string');
  const weighted = types.filter((type) => /Convolution|InnerProduct/.test(type));
  return shortName([...weighted, ...types.toReversed(), 'Y'][0]!);
}

/**
 * The lines of a statement in a function.
 * @param variables what its outputs are kept in, those that are read
 */
function statementCode(
  { callee, args, inputs: { length: bottoms } }: Statement,
  inputs: readonly Doc[],
  variables: readonly (string | undefined)[],
  isReturned: boolean,
  scope: Scope,
  taken: ReadonlySet<string>,
  feedsLoop = false,
): string[] {
  const declare = feedsLoop ? 'let' : 'const';
  const type = feedsLoop ? ': Bottom' : '';
  if (typeof callee === 'string') {
    const { keys, call } = layerCall(callee, inputs, args, scope, bottoms);
    if (keys.length > 1) {
      const lines = [layOut(`[${keys.join(', ')}] = `, call, ';', 2)];
      variables.forEach((name, k) => name !== undefined && lines.push(`  const ${name} = ${keys[k]!};`));
      return variables.some((name) => name !== undefined) ? tupleCode(keys, call, variables) : lines;
    }
    if (isReturned) return [layOut(`return (${keys[0]!} = `, call, ');', 2)];
    const [name] = variables;
    return [
      name === undefined
        ? layOut(`${keys[0]!} = `, call, ';', 2)
        : layOut(`${declare} ${name}${type} = (${keys[0]!} = `, call, ');', 2),
    ];
  }
  if (callee.kind === 'function') {
    const call = functionCall(
      callee,
      inputs,
      (input) => inputs[input] === inputs[callee.inputs[input]!.fallback!],
      args,
      scope,
    );
    if (isReturned) return [layOut('return ', call, ';', 2)];
    if (feedsLoop) return [layOut(`let ${variables[0]!}: Bottom = `, call, ';', 2)];
    return [layOut(targets(variables), call, ';', 2)];
  }
  const chained = inputs[callee.chained[0]!]!;
  const variable = variables[0] ?? uniqueName('y', new Set(taken));
  const loop = loopCode(callee, args, inputs, variable, scope, 2);
  const isDeclared = flat(chained) === variable;
  return [
    ...(isDeclared ? [] : [`  let ${variable}: Bottom = ${flat(chained)};`]),
    ...loop,
    ...(isReturned ? [`  return ${variable}${isDeclared ? '' : ' as Top'};`] : []),
  ];
}

function tupleCode(keys: readonly string[], call: Doc, variables: readonly (string | undefined)[]): string[] {
  const names = variables.map((name, k) => name ?? `top${k}`);
  return [layOut(`const [${names.join(', ')}] = `, call, ';', 2), ...keys.map((key, k) => `  ${key} = ${names[k]!};`)];
}

function targets(variables: readonly (string | undefined)[]): string {
  if (variables.every((name) => name === undefined)) return '';
  if (variables.length === 1) return `const ${variables[0]!} = `;
  const names = variables.map((name) => name ?? '');
  while (names.at(-1) === '') names.pop();
  return `const [${names.join(', ')}] = `;
}

/** A loop that puts each result into a variable, which the next one reads. */
export function loopCode(
  loop: Extract<Callee, { kind: 'loop' }>,
  args: Expr,
  inputs: readonly Doc[],
  variable: string,
  scope: Scope,
  indent: number,
): string[] {
  const fields = fieldsOf(args);
  const items = fields.get('items')!;
  const { head, item } = loopHead(items, scope);
  const inner: Scope = { ...scope, item: { name: item, isNumber: item === 'i' } };
  const own = inputs.map((input, i) => (loop.chained.includes(i) ? variable : input));
  const each = fields.get('each')!;
  const { before, call } = innerCall(loop.inner, own, each, inner);
  const line = layOut(`${head} ${variable} = ${before}`, call, ';', indent);
  if (!line.includes('\n') && line.length <= 120) return [line];
  return [' '.repeat(indent) + head, layOut(`${variable} = ${before}`, call, ';', indent + 2)];
}

function innerCall(callee: Callee, inputs: readonly Doc[], args: Expr, scope: Scope): { before: string; call: Doc } {
  if (typeof callee === 'string') {
    const { keys, call } = layerCall(callee, inputs, args, scope);
    return { before: `${keys[0]!} = `, call };
  }
  const def = callee as FunctionDef;
  return {
    before: '',
    call: functionCall(def, inputs, (input) => inputs[input] === inputs[def.inputs[input]!.fallback!], args, scope),
  };
}

function loopHead(items: Expr, scope: Scope): { head: string; item: string } {
  if (items.kind === 'param') return { head: `for (const block of ${items.param.name})`, item: 'block' };
  const values = itemsOf(items).map((item) => (item as { value: string }).value);
  const numbers = values.map(Number);
  if (values.every((value, i) => String(numbers[i]) === value && Number.isInteger(numbers[i]))) {
    const [first] = numbers;
    const last = numbers.at(-1);
    return numbers.every((value, i) => value === first! + i)
      ? { head: `for (let i = ${first!}; i <= ${last}; i++)`, item: 'i' }
      : { head: `for (const i of [${numbers.join(', ')}])`, item: 'i' };
  }
  return { head: `for (const block of ${flat(exprDoc(items, scope))})`, item: 'block' };
}
