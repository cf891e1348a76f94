/**
 * The rule file: a name map written down as data, in JSON or as what a module exports. Here are its types, and the checks
 * that name the file, the rule and the field when it cannot be understood.
 */
import { NetspecError, didYouMean, valueText } from '../../errors.js';
import { findJsonError } from './json-error.js';
import { KERNEL_NAMES } from './kernels.js';
import { parsePattern, type NamePattern } from './pattern.js';
import { parseTemplate, type Template } from './template.js';
import { parseTransform, type Transform, type TransformStep } from './transforms.js';

/** A name map as data. */
export interface RuleFile {
  /** What reports call the map. @default the file's name */
  name?: string;
  /** Anything the reader should know. */
  notes?: string | readonly string[];
  /** The preset that answers for layers and names that no rule here knows. */
  extends?: string;
  /** Added to the variance where a normalization is folded. @default the preset's, or 1e-5 */
  batchNormEps?: number;
  /** What the source calls a module's tensors, where it is not what PyTorch calls them. */
  tensors?: { weight?: string; bias?: string; scale?: string; shift?: string; mean?: string; variance?: string };
  /** The first rule whose patterns fit a blob decides where it comes from. */
  rules?: readonly Rule[];
  /** Patterns of names of tensors that may be left over. */
  ignore?: readonly string[];
  /** Patterns of layers, and what their reference outputs are called; for verify. */
  references?: readonly ReferenceRule[];
  /** Of an ONNX model that gives the references: values of inputs that the net has as constants, by name; one, or one for each element. */
  inputs?: Readonly<Record<string, readonly number[]>>;
}

interface RuleBase {
  /** Regular expression for the layer's whole name. */
  layer: string;
  /** Only layers of this type. */
  type?: string;
  /** When the source has not what it wants, later rules are asked. Otherwise that is an error. */
  optional?: boolean;
  note?: string;
}

/** All blobs of a layer, from one module of the model, by the conventions for its type. */
export interface ModuleRule extends RuleBase {
  /** Template of the module's name. */
  module: string;
  /** Template of the name of a normalization that is to be folded into this layer. */
  batchNorm?: string;
  /** Template of the name of the module with the normalization's mean and variance, where it is another. */
  statistics?: string;
  /** Whether a Scale layer takes its normalization's statistics too. @default unless a BatchNorm layer stands before it */
  fold?: boolean;
  /** Added to the variance. @default the file's batchNormEps */
  eps?: number;
}

/** One blob of a layer, from tensors. */
export interface TensorRule extends RuleBase {
  /** Which of the layer's blobs. */
  blob: number;
  /** Template of the tensor's name; several need a step that joins them. */
  from: string | readonly string[];
  /** What is done to it, in order. */
  transform?: TransformStep | readonly TransformStep[];
}

/** One blob of a layer, filled with a number. */
export interface ConstantRule extends RuleBase {
  blob: number;
  constant: number;
}

/** One blob of a layer, filled with kernels of ones and zeros that move values; one of these fields. */
export interface KernelRule extends RuleBase {
  blob: number;
  /** Of torch.nn.PixelShuffle and PixelUnshuffle, by their factor. */
  pixelShuffle?: number;
  /** Of TensorFlow's depth_to_space and space_to_depth, by their block size. */
  depthToSpace?: number;
  /** Of YOLOv5's Focus, by its factor, which is 2. */
  focus?: number;
  /** Of ShuffleNet's channel shuffle, by the number of groups. */
  channelShuffle?: number;
}

/** A rule of a rule file: a module for a layer; or for a blob a tensor, a constant, or kernels that move values. */
export type Rule = ModuleRule | TensorRule | ConstantRule | KernelRule;

/** Which reference output belongs to a layer. */
export interface ReferenceRule {
  /** Regular expression for the layer's whole name. */
  layer: string;
  /** Only layers of this type. */
  type?: string;
  /** Template of the reference's name. */
  from: string;
  /** The layer has no other reference: neither its own name nor the extended preset's is looked for. @default false */
  only?: boolean;
  note?: string;
}

/** A checked rule: what a rule's texts mean. */
export interface CheckedRule {
  /** Counted from 1. */
  readonly number: number;
  readonly layer: NamePattern;
  readonly type?: string;
  readonly optional: boolean;
  readonly source:
    | {
        readonly kind: 'module';
        readonly module: Template;
        readonly batchNorm?: Template;
        readonly statistics?: Template;
        fold?: boolean;
        eps?: number;
      }
    | {
        readonly kind: 'tensors';
        readonly blob: number;
        readonly from: readonly Template[];
        readonly transforms: readonly Transform[];
      }
    | { readonly kind: 'constant'; readonly blob: number; readonly value: number }
    | { readonly kind: 'kernel'; readonly blob: number; readonly name: string; readonly size: number };
}

export interface CheckedReference {
  readonly layer: NamePattern;
  readonly type?: string;
  readonly from: Template;
  readonly only: boolean;
}

/** A rule file after its checks. */
export interface CheckedRuleFile extends Pick<RuleFile, 'name' | 'extends' | 'batchNormEps' | 'tensors'> {
  readonly rules: readonly CheckedRule[];
  readonly ignore: readonly NamePattern[];
  readonly references: readonly CheckedReference[];
}

const FILE_FIELDS = ['name', 'notes', 'extends', 'batchNormEps', 'tensors', 'rules', 'ignore', 'references', 'inputs'];
const TENSOR_FIELDS = ['weight', 'bias', 'scale', 'shift', 'mean', 'variance'];
const RULE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  module: ['layer', 'type', 'optional', 'note', 'module', 'batchNorm', 'statistics', 'fold', 'eps'],
  from: ['layer', 'type', 'optional', 'note', 'blob', 'from', 'transform'],
  constant: ['layer', 'type', 'optional', 'note', 'blob', 'constant'],
  ...Object.fromEntries(KERNEL_NAMES.map((name) => [name, ['layer', 'type', 'optional', 'note', 'blob', name]])),
};

/**
 * A rule file's text as JSON.
 * @throws NetspecError with line and column where it is no JSON
 */
export function parseRuleJson(text: string, file?: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const error = findJsonError(text);
    // A text that only JSON.parse finds fault with: too deep, too long.
    if (!error) throw new NetspecError(`is no JSON: ${String(cause)}`, { file, cause });
    const before = text.slice(0, error.offset);
    const found = error.offset < text.length ? `'${text[error.offset]!}'` : 'the end of the file';
    throw new NetspecError(`is no JSON: expected ${error.expected}, got ${found}`, {
      file,
      line: before.split('\n').length,
      column: before.length - before.lastIndexOf('\n'),
    });
  }
}

/**
 * Checks what a rule file holds.
 * @throws NetspecError naming the file, the rule and the field
 */
export function checkRuleFile(value: unknown, file?: string): CheckedRuleFile {
  const check = new Checker(file);
  const top = check.record(value, 'a rule file', FILE_FIELDS, '');
  const notes = top['notes'];
  if (notes !== undefined && typeof notes !== 'string') check.strings(notes, "'notes'");
  const tensors = top['tensors'];
  if (tensors !== undefined)
    for (const [role, name] of Object.entries(check.record(tensors, "'tensors'", TENSOR_FIELDS, "'tensors': ")))
      check.string(name, `'tensors', '${role}'`);
  if (top['inputs'] !== undefined)
    for (const [name, values] of Object.entries(check.record(top['inputs'], "'inputs'")))
      check.numbers(values, `'inputs', '${name}'`);
  return {
    name: check.optional(top['name'], "'name'", 'string'),
    extends: check.optional(top['extends'], "'extends'", 'string'),
    batchNormEps: check.eps(top['batchNormEps'], "'batchNormEps'"),
    tensors: tensors as RuleFile['tensors'],
    rules: check.list(top['rules'], "'rules'").map((rule, i) => checkRule(check, rule, i + 1)),
    ignore: check
      .strings(top['ignore'] ?? [], "'ignore'")
      .map((pattern, i) => check.pattern(pattern, `'ignore', entry ${i + 1}`)),
    references: check
      .list(top['references'], "'references'")
      .map((rule, i) => checkReference(check, rule, `reference ${i + 1}`)),
  };
}

function checkRule(check: Checker, value: unknown, number: number): CheckedRule {
  const where = `rule ${number}`;
  const given = check.record(value, where);
  const kinds = Object.keys(RULE_FIELDS).filter((kind) => given[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const every = [...new Set(Object.values(RULE_FIELDS).flat())];
    const typo = Object.keys(given).find((name) => !every.includes(name));
    if (typo !== undefined) check.unknownField(typo, every, `${where}: `);
    throw check.error(
      `${where}: expected one of ${Object.keys(RULE_FIELDS)
        .map((name) => `'${name}'`)
        .join(', ')}, got ${kinds.length === 0 ? 'none' : kinds.map((name) => `'${name}'`).join(' and ')}`,
      'a rule says where values come from: a module; or, with the blob, tensors, a constant, or a kernel that moves values',
    );
  }
  check.record(given, where, RULE_FIELDS[kind], `${where}: `);
  const layer = check.pattern(check.string(given['layer'], `${where}, 'layer'`), `${where}, 'layer'`);
  const template = (text: unknown, field: string) => check.template(text, layer, `${where}, '${field}'`);
  const base = {
    number,
    layer,
    type: check.optional(given['type'], `${where}, 'type'`, 'string'),
    optional: check.optional(given['optional'], `${where}, 'optional'`, 'boolean') ?? false,
  };
  check.optional(given['note'], `${where}, 'note'`, 'string');
  if (kind === 'module') {
    const { batchNorm, statistics } = given;
    return {
      ...base,
      source: {
        kind,
        module: template(given['module'], 'module'),
        ...(batchNorm !== undefined && { batchNorm: template(batchNorm, 'batchNorm') }),
        ...(statistics !== undefined && { statistics: template(statistics, 'statistics') }),
        fold: check.optional(given['fold'], `${where}, 'fold'`, 'boolean'),
        eps: check.eps(given['eps'], `${where}, 'eps'`),
      },
    };
  }
  const blob = given['blob'];
  if (!Number.isInteger(blob) || (blob as number) < 0)
    throw check.error(
      `${where}, 'blob': expected a number from 0 on, got ${valueText(blob)}`,
      '0 is what most layers call the weight, 1 the bias',
    );
  if (kind === 'constant') {
    const constant = check.optional(given['constant'], `${where}, 'constant'`, 'number')!;
    return { ...base, source: { kind, blob: blob as number, value: constant } };
  }
  if (KERNEL_NAMES.includes(kind)) {
    const size = given[kind];
    if (!Number.isInteger(size) || (size as number) < 1)
      throw check.error(`${where}, '${kind}': expected a whole number from 1 on, got ${valueText(size)}`);
    return { ...base, source: { kind: 'kernel', blob: blob as number, name: kind, size: size as number } };
  }
  const from = typeof given['from'] === 'string' ? [given['from']] : check.strings(given['from'], `${where}, 'from'`);
  if (from.length === 0) throw check.error(`${where}, 'from': the list is empty`);
  const steps = given['transform'] ?? [];
  const transforms = (Array.isArray(steps) ? (steps as unknown[]) : [steps]).map((step, i) =>
    check.within(`${where}, 'transform', step ${i + 1}`, () => parseTransform(step)),
  );
  const joins = transforms.filter((transform) => transform.joins).length;
  if (from.length > 1 && joins === 0)
    throw check.error(
      `${where}, 'from': ${from.length} tensors, and no step that makes one of them`,
      'add {"concat": AXIS} or "sum" to \'transform\'',
    );
  return {
    ...base,
    source: { kind: 'tensors', blob: blob as number, from: from.map((text) => template(text, 'from')), transforms },
  };
}

function checkReference(check: Checker, value: unknown, where: string): CheckedReference {
  const given = check.record(value, where, ['layer', 'type', 'from', 'only', 'note'], `${where}: `);
  const layer = check.pattern(check.string(given['layer'], `${where}, 'layer'`), `${where}, 'layer'`);
  check.optional(given['note'], `${where}, 'note'`, 'string');
  return {
    layer,
    type: check.optional(given['type'], `${where}, 'type'`, 'string'),
    from: check.template(given['from'], layer, `${where}, 'from'`),
    only: check.optional(given['only'], `${where}, 'only'`, 'boolean') ?? false,
  };
}

/** The checks of single values, and their errors. */
class Checker {
  constructor(readonly file: string | undefined) {}

  error(reason: string, hint?: string): NetspecError {
    return new NetspecError(reason, { file: this.file, hint });
  }

  /** Runs a check whose errors know neither the file nor the place in it. */
  within<T>(where: string, check: () => T): T {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof NetspecError)) throw error;
      throw this.error(`${where}: ${error.reason}`, error.details.hint);
    }
  }

  record(value: unknown, what: string, fields?: readonly string[], prefix = ''): Readonly<Record<string, unknown>> {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.error(`${what}: expected an object, got ${valueText(value)}`);
    for (const name of Object.keys(value))
      if (fields && !fields.includes(name)) this.unknownField(name, fields, prefix);
    return value as Readonly<Record<string, unknown>>;
  }

  unknownField(name: string, fields: readonly string[], prefix: string): never {
    throw this.error(
      `${prefix}there is no field '${name}'`,
      didYouMean(name, fields) ?? `fields are ${fields.join(', ')}`,
    );
  }

  list(value: unknown, where: string): readonly unknown[] {
    if (value !== undefined && !Array.isArray(value))
      throw this.error(`${where}: expected a list, got ${valueText(value)}`);
    return (value as unknown[] | undefined) ?? [];
  }

  strings(value: unknown, where: string): readonly string[] {
    if (!Array.isArray(value) || value.some((entry) => typeof entry !== 'string'))
      throw this.error(`${where}: expected a list of strings, got ${valueText(value)}`);
    return value as string[];
  }

  numbers(value: unknown, where: string): readonly number[] {
    if (!Array.isArray(value) || value.length === 0 || value.some((entry) => typeof entry !== 'number'))
      throw this.error(`${where}: expected a list of numbers, got ${valueText(value)}`);
    return value as number[];
  }

  string(value: unknown, where: string): string {
    if (typeof value !== 'string')
      throw this.error(
        `${where}: ${value === undefined ? 'is missing' : `expected a string, got ${valueText(value)}`}`,
      );
    return value;
  }

  optional<T extends 'string' | 'boolean' | 'number'>(
    value: unknown,
    where: string,
    type: T,
  ): { string: string; boolean: boolean; number: number }[T] | undefined {
    if (value !== undefined && typeof value !== type)
      throw this.error(`${where}: expected a ${type}, got ${valueText(value)}`);
    return value as { string: string; boolean: boolean; number: number }[T] | undefined;
  }

  eps(value: unknown, where: string): number | undefined {
    const eps = this.optional(value, where, 'number');
    if (eps !== undefined && !(eps >= 0 && eps < Infinity))
      throw this.error(`${where}: expected a number that is not negative, got ${valueText(value)}`);
    return eps;
  }

  /** A regular expression for the whole of a name. */
  pattern(text: string, where: string): NamePattern {
    return this.within(where, () => parsePattern(text));
  }

  /** A template whose captures the pattern has. */
  template(text: unknown, pattern: NamePattern, where: string): Template {
    const written = this.string(text, where);
    const template = this.within(where, () => parseTemplate(written));
    for (const capture of template.captures) {
      if (pattern.hasCapture(capture)) continue;
      const count = pattern.captures;
      const has = count === 0 ? 'no capture' : count === 1 ? '1 capture' : `${count} captures`;
      throw this.error(`${where}: there is no capture '${capture}' in 'layer', which has ${has}`);
    }
    return template;
  }
}
