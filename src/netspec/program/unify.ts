/**
 * Several calls as one with parameters: what is the same in all of them stays as it is, what differs becomes a slot, and slots that go
 * together become one parameter.
 */
import { fitNames, type NameFit } from './names.js';
import { camelCase, literalType, RESERVED, uniqueName } from './naming.js';
import {
  isFieldsLiteral,
  LoopString,
  sameLiteral,
  type Expr,
  type Literal,
  type LiteralFields,
  type Param,
} from './model.js';

/** What differs between the instances. */
interface Slot {
  /** The field that it is the value of. */
  readonly field: string;
  /** The end of its layer's name, which tells the layers of a group apart. */
  readonly role: string;
  /** The value in each instance. */
  readonly values: readonly Literal[];
}

type Pattern =
  | { kind: 'same'; value: Literal }
  | { kind: 'slot'; slot: Slot }
  | { kind: 'list'; items: readonly Pattern[] }
  | { kind: 'fields'; fields: ReadonlyMap<string, Pattern> }
  | { kind: 'around-item'; before: Pattern; after: Pattern };

export interface Unified {
  /** The instances that it stands for, by their indices among those given. */
  readonly instances: readonly number[];
  /** The arguments with parameters in the place of what differs. */
  readonly expr: Expr;
  readonly params: readonly Param[];
  /** How many of the parameters are names; a layer's and that of the module around it are one. */
  readonly names: number;
  /** The parameters' values in each of the instances. */
  readonly args: readonly LiteralFields[];
}

/** The arguments of most instances as one expression. */
export function unify(instances: readonly Literal[]): Unified {
  let kept = instances.map((_, index) => index);
  for (;;) {
    const slots = new Slots();
    const pattern = patternOf(
      kept.map((index) => instances[index]),
      '',
      slots,
    );
    const texts = slots.all.filter(isText);
    const { columns, fit, isPair } = fitColumns(texts, kept.length);
    if (fit.instances.length < kept.length) {
      // Fewer instances: more may be the same in all of them.
      kept = fit.instances.map(({ index }) => kept[index]!);
      continue;
    }
    const made = new Parameters(kept.length);
    const holes = Array.from({ length: fit.holes }, (_, hole) => {
      const { slot, part } = columns[fit.templates.findIndex((each) => each.hole === hole)]!;
      const name = part === 'module' ? part : fit.holes === 1 || NAMES.has(slot.field) ? 'name' : slot.field;
      return made.add(
        name,
        '',
        fit.instances.map(({ values }) => values[hole]),
      );
    });
    const exprs = new Map<Slot, Expr>();
    for (const slot of texts) {
      const parts = columns.flatMap((column, i): (string | Param)[] => {
        if (column.slot !== slot) return [];
        const { before, hole, after } = fit.templates[i]!;
        return [
          ...(column.part === 'layer' ? [column.separator!] : []),
          before,
          ...(hole === undefined ? [] : [holes[hole]!]),
          after,
        ];
      });
      exprs.set(slot, textOf(parts));
    }
    const others = slots.all.filter((slot) => !isText(slot));
    // Smaller numbers first, so that larger ones are multiples of them; parameters in the order of the text.
    for (const slot of others.toSorted((a, b) => size(a) - size(b))) exprs.set(slot, made.exprOf(slot));
    const ordered = new Set([...holes, ...others.flatMap((slot) => paramsOf(exprs.get(slot)!))]);
    return {
      instances: kept,
      expr: exprOf(pattern, exprs),
      ...made.finish([...ordered]),
      names: fit.holes - (isPair ? 1 : 0),
    };
  }
}

/** Fields that name things. */
const NAMES: ReadonlySet<string> = new Set(['keys', 'name']);

interface Column {
  readonly slot: Slot;
  readonly values: readonly string[];
  /** Which side of the separator it is, where all of the slot's names have one. */
  readonly part?: 'module' | 'layer';
  readonly separator?: string;
}

interface ColumnFit {
  readonly columns: readonly Column[];
  readonly fit: NameFit;
  /** Names are made of two parameters, a module's and a layer's, that always go together. */
  readonly isPair: boolean;
}

/** The names as templates: with one parameter if that will do, else with the names of modules and of layers in them apart. */
function fitColumns(texts: readonly Slot[], count: number): ColumnFit {
  const rows = (columns: readonly Column[]): string[][] =>
    Array.from({ length: count }, (_, i) => columns.map(({ values }) => values[i]!));
  const columns = texts.map((slot) => ({ slot, values: slot.values as readonly string[] }));
  let best: ColumnFit = { columns, fit: fitNames(rows(columns)), isPair: false };
  if (best.fit.holes < 2 && best.fit.instances.length === count) return best;
  for (const separator of ['/', '_', '.']) {
    const apart = texts.flatMap((slot) => columnsOf(slot, separator));
    if (apart.length === columns.length) continue;
    const fit = fitNames(rows(apart));
    const isPair =
      fit.holes === 2 && apart.some(({ part }, i) => part === 'layer' && isHole(fit, i) && isHole(fit, i - 1));
    const names = (each: ColumnFit): number => (each.isPair ? 1 : each.fit.holes);
    const candidate = { columns: apart, fit, isPair };
    const gain = fit.instances.length - best.fit.instances.length;
    if (names(candidate) < names(best) ? gain >= 0 : names(candidate) === names(best) && gain > 0) best = candidate;
  }
  return best;
}

function isHole({ templates }: NameFit, column: number): boolean {
  return templates[column]?.hole !== undefined;
}

/** The names in a slot; `inception_3a/1x1` is the name of a module and that of a layer in it. */
function columnsOf(slot: Slot, separator: string): Column[] {
  const values = slot.values as readonly string[];
  const cuts = values.map((value) => value.lastIndexOf(separator));
  if (!NAMES.has(slot.field) || cuts.some((at) => at < 1)) return [{ slot, values }];
  return [
    { slot, part: 'module', separator, values: values.map((value, i) => value.slice(0, cuts[i])) },
    { slot, part: 'layer', separator, values: values.map((value, i) => value.slice(cuts[i]! + 1)) },
  ];
}

function textOf(parts: readonly (string | Param)[]): Expr {
  const merged: (string | Param)[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (part === '') continue;
    if (typeof part === 'string' && typeof last === 'string') merged.splice(-1, 1, last + part);
    else merged.push(part);
  }
  const [first] = merged;
  if (merged.length === 1 && typeof first === 'object') return { kind: 'param', param: first, times: 1, over: 1 };
  if (merged.every((part) => typeof part === 'string')) return { kind: 'literal', value: merged.join('') };
  return { kind: 'template', parts: merged };
}

/** `n3x3` for the outputs of `3x3`, `projChannels` for those of `proj`. */
function channelsOf(role: string): string | undefined {
  return camelCase(/^\d/.test(role) ? `n${role}` : `${role}_channels`);
}

function variableOf(field: string): string {
  if (field === 'items') return 'blocks';
  return RESERVED.has(field) || !/^[A-Za-z_$][\w$]*$/.test(field) ? `${field.replace(/\W/g, '_')}_` : field;
}

function isText({ values }: Slot): boolean {
  return values.every((value) => typeof value === 'string');
}

function isNumeric({ values }: Slot): boolean {
  return values.every((value) => typeof value === 'number');
}

function size(slot: Slot): number {
  return isNumeric(slot) ? (slot.values as readonly number[]).reduce((sum, value) => sum + Math.abs(value), 0) : -1;
}

function patternOf(values: readonly Literal[], field: string, slots: Slots): Pattern {
  const [first] = values;
  if (values.every((value) => sameLiteral(value, first))) return { kind: 'same', value: first };
  if (values.every((value) => value instanceof LoopString)) {
    const part = (side: 'before' | 'after'): Pattern =>
      patternOf(
        values.map((value) => value[side]),
        field,
        slots,
      );
    return { kind: 'around-item', before: part('before'), after: part('after') };
  }
  if (
    field !== 'items' &&
    values.every((value): value is readonly Literal[] => Array.isArray(value)) &&
    isEqual(values, (v) => v.length) &&
    !(first as readonly Literal[]).every((item) => typeof item === 'number')
  )
    return {
      kind: 'list',
      items: (first as readonly Literal[]).map((_, i) =>
        patternOf(
          values.map((value) => value[i]),
          field,
          slots,
        ),
      ),
    };
  if (values.every(isFieldsLiteral)) {
    if (field === '') slots.role = roleOf(values[0]!);
    const keys = [...new Set(values.flatMap((value) => Object.keys(value)))];
    // The options of a call may be there or not; another message is either of one form or a value of its own.
    const isOptions = field === '' || field === 'options' || field === 'each';
    if (isOptions || values.every((value) => keys.every((key) => value[key] !== undefined)))
      return {
        kind: 'fields',
        fields: new Map(
          keys.map((key) => [
            key,
            patternOf(
              values.map((value) => value[key]),
              key,
              slots,
            ),
          ]),
        ),
      };
  }
  return { kind: 'slot', slot: slots.add(field, values) };
}

/** Slots as they are found, each with the layer that it is of. */
class Slots {
  readonly all: Slot[] = [];
  role = '';

  add(field: string, values: readonly Literal[]): Slot {
    const slot = { field, role: this.role, values };
    this.all.push(slot);
    return slot;
  }
}

/** The last words of the name of a layer, or of what a function names: `3x3_reduce` of `inception_3a/3x3_reduce`. */
function roleOf(args: LiteralFields): string {
  const name = Array.isArray(args['keys']) ? (args['keys'] as readonly Literal[])[0] : args['name'];
  if (typeof name === 'string' && args['module'] !== undefined) return name;
  return typeof name === 'string' ? (/[/.](\w+)$/.exec(name)?.[1] ?? /_([A-Za-z]\w*)$/.exec(name)?.[1] ?? '') : '';
}

function isEqual<T>(values: readonly T[], of: (value: T) => number): boolean {
  return values.every((value) => of(value) === of(values[0]!));
}

function exprOf(pattern: Pattern, exprs: ReadonlyMap<Slot, Expr>): Expr {
  switch (pattern.kind) {
    case 'same':
      return { kind: 'literal', value: pattern.value };
    case 'slot':
      return exprs.get(pattern.slot)!;
    case 'list':
      return { kind: 'list', items: pattern.items.map((item) => exprOf(item, exprs)) };
    case 'fields':
      return {
        kind: 'fields',
        fields: new Map([...pattern.fields].map(([key, each]) => [key, exprOf(each, exprs)])),
      };
    case 'around-item':
      return { kind: 'around-item', before: exprOf(pattern.before, exprs), after: exprOf(pattern.after, exprs) };
  }
}

/** The parameters in an expression. */
export function paramsOf(expr: Expr): Param[] {
  switch (expr.kind) {
    case 'literal':
      return [];
    case 'param':
    case 'half':
      return [expr.param];
    case 'template':
      return expr.parts.filter((part) => typeof part !== 'string');
    case 'list':
      return expr.items.flatMap(paramsOf);
    case 'fields':
      return [...expr.fields.values()].flatMap(paramsOf);
    case 'around-item':
      return [...paramsOf(expr.before), ...paramsOf(expr.after)];
  }
}

/** Factors by which sizes of a net differ from one another. */
const FACTORS = [2, 3, 4, 6, 8, 16];

/** Parameters as they are needed. */
class Parameters {
  readonly #made = new Map<Param, readonly Literal[]>();
  /** What each is called if no other is. */
  readonly #wanted = new Map<Param, { field: string; role: string }>();

  constructor(readonly count: number) {}

  add(field: string, role: string, values: readonly Literal[]): Param {
    const mayLeaveOut = values.includes(undefined);
    const fallback = mayLeaveOut || typeof values[0] === 'string' ? undefined : commonest(values);
    const param: Param = {
      name: '',
      type: literalType(values.filter((value) => value !== undefined)),
      optional: mayLeaveOut || fallback !== undefined,
      default: fallback,
    };
    this.#made.set(param, values);
    this.#wanted.set(param, { field, role });
    return param;
  }

  /** A parameter that has the slot's values, or a simple function of one that there is already. */
  exprOf(slot: Slot): Expr {
    const { values, field, role } = slot;
    const numeric = isNumeric(slot);
    for (const [param, known] of this.#made) {
      if (known.every((value, i) => sameLiteral(value, values[i]))) return { kind: 'param', param, times: 1, over: 1 };
      if (!numeric || !known.every((value) => typeof value === 'number')) continue;
      const sizes = values as readonly number[];
      for (const times of FACTORS)
        if (known.every((value, i) => value * times === sizes[i])) return { kind: 'param', param, times, over: 1 };
      if (field.startsWith('pad') && known.every((value, i) => (value - 1) / 2 === sizes[i]))
        return { kind: 'half', param };
    }
    return { kind: 'param', param: this.add(field, role, values), times: 1, over: 1 };
  }

  /** By its field where only one is of that field, else by the layer that it is for. */
  #nameAll(params: readonly Param[]): void {
    const taken = new Set(['x', 'y', 'z', 'w', 'shortcut']);
    const fields = params.map((param) => this.#wanted.get(param)!.field);
    for (const param of params) {
      const { field, role } = this.#wanted.get(param)!;
      const isOnly = fields.indexOf(field) === fields.lastIndexOf(field);
      const own = field === 'num_output' && role !== '' ? channelsOf(role) : undefined;
      param.name = uniqueName(isOnly ? variableOf(field) : (own ?? variableOf(field)), taken);
    }
  }

  finish(params: readonly Param[]): { params: Param[]; args: LiteralFields[] } {
    this.#nameAll(params);
    const all = [...params.filter(({ optional }) => !optional), ...params.filter(({ optional }) => optional)];
    const args = Array.from({ length: this.count }, (_, i) =>
      Object.fromEntries(
        all.flatMap((param) => {
          const value = this.#made.get(param)![i];
          return value === undefined ? [] : [[param.name, value]];
        }),
      ),
    );
    return { params: all, args };
  }
}

/** The value of more than half of the instances, if there are enough to speak of. */
function commonest(values: readonly Literal[]): Literal {
  // The only one that can be it: whoever outvotes all others.
  let candidate: Literal;
  let lead = 0;
  for (const value of values) {
    if (lead === 0) candidate = value;
    lead += sameLiteral(value, candidate) ? 1 : -1;
  }
  const count = values.filter((value) => sameLiteral(value, candidate)).length;
  return count > Math.max(2, values.length / 2) ? candidate : undefined;
}
