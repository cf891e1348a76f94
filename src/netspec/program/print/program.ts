/** The whole program: imports, constants, functions, the net, and what it exports. */
import {
  isFieldsLiteral,
  LoopString,
  type Call,
  type Callee,
  type Expr,
  type FunctionDef,
  type Literal,
  type LiteralFields,
  type Wire,
} from '../model.js';
import { RESERVED, uniqueName } from '../naming.js';
import { functionCode, loopCode, type Context } from './blocks.js';
import { functionCall, keysOf, layerCall } from './calls.js';
import { Constants, hasEnumNames } from './constants.js';
import { literalDoc, member } from './expressions.js';
import { flat, layOut, quote, type Doc } from './layout.js';
import { seriesName, seriesNames, seriesOf, withSeries, type SeriesTop } from './series.js';

/** What stands around the layers. */
export interface Frame {
  /** Fields of the net itself, as code for an object: `name: 'LeNet'`. */
  readonly fields: readonly Doc[];
  /** Statements that set layers of `net`, where the DSL would write them otherwise. */
  readonly corrections: readonly string[];
  /** A vendor's caffe.proto, where the layers are of that. */
  readonly protoFile: string | undefined;
}

/** A program as text. */
export function programText(calls: readonly Call[], frame: Frame): string {
  const unrolled = calls.flatMap(unroll);
  const functions = functionsIn(unrolled);
  const constants = new Constants();
  const taken = new Set(functions.map(({ name }) => name));
  const write = (): string[] => {
    const context: Context = { constants, taken };
    return [
      ...functions.flatMap((def) => ['', ...functionCode(def, context)]),
      '',
      ...mainCode(unrolled, constants, taken),
    ];
  };
  write();
  const locals = functions.flatMap(({ params, inputs }) => [...params, ...inputs].map(({ name }) => name));
  const names = new Set([...taken, ...locals, 'n', 'L', 'P', 'x', 'y', 'z', 'w', 'i', 'block']);
  constants.settle(names);
  for (const { name } of constants.declared) taken.add(name);
  const scope = { constants: new Constants() };
  const declarations = constants.declared.map(({ name, value }) =>
    layOut(`const ${name} = `, literalDoc(value, scope), hasEnumNames(value) ? ' as const;' : ';', 0),
  );
  const body = write();
  const text = body.join('\n');
  const types = [...(/\bBottom\b/.test(text) ? ['type Bottom'] : []), ...(/\bTop\b/.test(text) ? ['type Top'] : [])];
  return [
    ...headCode(frame.protoFile, types),
    'const n = new NetSpec();',
    ...(declarations.length > 0 ? ['', ...declarations] : []),
    ...body,
    '',
    ...exportCode(frame),
    '',
  ].join('\n');
}

function headCode(protoFile: string | undefined, types: readonly string[]): string[] {
  if (protoFile === undefined) return [`import { ${['L', 'NetSpec', ...types].join(', ')} } from 'netspec';`, ''];
  return [
    "import { readFileSync } from 'node:fs';",
    `import { ${['L as Caffe', 'NetSpec', 'Schema', ...types].join(', ')} } from 'netspec';`,
    '',
    `const L = Caffe.withSchema(Schema.parse(readFileSync(${quote(protoFile)}, 'utf8')));`,
  ];
}

function exportCode({ fields, corrections }: Frame): string[] {
  if (corrections.length === 0 && fields.length === 0) return ['export default n;'];
  const head = corrections.length > 0 ? ['const net = n.toProto();', ...corrections] : [];
  const net = corrections.length > 0 ? 'net' : 'n.toProto()';
  if (fields.length === 0) return [...head, `export default ${net};`];
  return [
    ...head,
    layOut('export default ', { open: '{', close: '}', items: [...fields, `...${net}`], spaced: true }, ';', 0),
  ];
}

/** The functions that are called, each after those that it calls. */
function functionsIn(calls: readonly Call[]): FunctionDef[] {
  const found = new Set<FunctionDef>();
  const visit = (callee: Callee): void => {
    if (typeof callee === 'string') return;
    if (callee.kind === 'loop') {
      visit(callee.inner);
      return;
    }
    if (found.has(callee)) return;
    for (const statement of callee.body) visit(statement.callee);
    found.add(callee);
  };
  for (const { callee } of calls) visit(callee);
  return [...found];
}

/** A loop of two is two calls. */
function unroll(call: Call): Call[] {
  const { callee, inputs, outputs, args } = call;
  if (typeof callee === 'string' || callee.kind !== 'loop') return [call];
  const items = args['items'] as readonly string[];
  if (items.length > 2) return [call];
  const made: Call[] = [];
  let chained = inputs[callee.chained[0]!]!;
  for (const [i, item] of items.entries()) {
    const output: Wire = i === items.length - 1 ? outputs[0]! : { key: '' };
    made.push({
      callee: callee.inner,
      inputs: inputs.map((wire, k) => (callee.chained.includes(k) ? chained : wire)),
      outputs: [output],
      args: withItem(args['each'], item) as LiteralFields,
    });
    chained = output;
  }
  return made;
}

function withItem(value: Literal, item: string): Literal {
  if (value instanceof LoopString) return value.before + item + value.after;
  if (Array.isArray(value)) return value.map((each: Literal) => withItem(each, item));
  if (!isFieldsLiteral(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withItem(each, item)]));
}

/** The statements of the net itself. */
function mainCode(calls: readonly Call[], constants: Constants, global: ReadonlySet<string>): string[] {
  const scope = { constants };
  const taken = new Set([...global, ...RESERVED]);
  const series = new Map<Wire, SeriesTop>();
  const readers = new Map<Wire, number[]>();
  for (const [at, { inputs }] of calls.entries())
    for (const wire of inputs) readers.set(wire, [...(readers.get(wire) ?? []), at]);
  const lines: string[] = [];
  const inlined = new Map<Wire, Doc>();
  let held: Wire | undefined;
  let isDeclared = false;
  const read = (wire: Wire): Doc => {
    const doc = inlined.get(wire);
    if (doc !== undefined) return doc;
    return wire === held ? 'x' : member({ kind: 'literal', value: wire.key }, scope);
  };
  for (const [at, { callee, inputs, outputs, args }] of calls.entries()) {
    const expr: Expr = { kind: 'literal', value: args };
    const docs = inputs.map(read);
    if (typeof callee === 'string') {
      const bottoms = withSeries(
        inputs.map((wire) => series.get(wire)),
        docs,
      );
      const { keys, call } = layerCall(callee, bottoms, expr, scope, inputs.length);
      const numbered = seriesOf(keysOf(expr));
      if (numbered) {
        const variable = uniqueName(seriesName(numbered, callee), taken);
        for (const [index, wire] of outputs.entries()) series.set(wire, { variable, index, of: outputs.length });
        lines.push(layOut(`const ${variable} = `, call, ';', 0), seriesNames(numbered, variable, scope));
        continue;
      }
      lines.push(layOut(`${keys.length > 1 ? `[${keys.join(', ')}]` : keys[0]!} = `, call, ';', 0));
      continue;
    }
    const [output] = outputs;
    const uses = output ? (readers.get(output) ?? []) : [];
    if (callee.kind === 'loop') {
      const start = inputs[callee.chained[0]!]!;
      if (start !== held)
        lines.push(`${isDeclared ? '' : 'let '}x${isDeclared ? '' : ': Bottom'} = ${flat(docs[callee.chained[0]!]!)};`);
      isDeclared = true;
      lines.push(...loopCode(callee, expr, docs, 'x', scope, 0));
      held = output;
      continue;
    }
    const call = functionCall(
      callee,
      docs,
      (input) => inputs[input] === inputs[callee.inputs[input]!.fallback!],
      expr,
      scope,
    );
    const next = calls[at + 1];
    const isSideInput =
      outputs.length === 1 &&
      uses.length === 1 &&
      uses[0] === at + 1 &&
      typeof next!.callee !== 'string' &&
      next!.callee.kind === 'function' &&
      next!.inputs.indexOf(output!) > 0;
    if (isSideInput) {
      inlined.set(output!, call);
      continue;
    }
    // Kept in x where what follows reads it; who reads it later takes it from n.
    const first = uses[0] ?? 0;
    const isKept = outputs.length === 1 && (first === at + 1 || (first === at + 2 && isHeldUntil(calls, at, first)));
    if (!isKept) lines.push(layOut('', call, ';', 0));
    else {
      lines.push(layOut(isDeclared ? 'x = ' : 'let x: Bottom = ', call, ';', 0));
      isDeclared = true;
      held = output;
    }
  }
  return lines;
}

/** Whether no other result comes into x before a call reads this one. */
function isHeldUntil(calls: readonly Call[], made: number, read: number): boolean {
  for (let at = made + 1; at < read; at++) {
    const { callee, outputs } = calls[at]!;
    if (typeof callee !== 'string' && outputs.length === 1)
      return at + 1 === read && calls[read]!.inputs.includes(outputs[0]!);
  }
  return true;
}
