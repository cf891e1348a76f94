/** Values that recur in a program, a filler or the learning rates, become constants that bear the names of their fields. */
import { EnumName, isFieldsLiteral, sameLiteral, type Literal, type LiteralFields } from '../model.js';
import { shortName, uniqueName } from '../naming.js';
import { isIdentifier } from './layout.js';

/** How often a value must stand in the program, and how long it must be, to be a constant. */
const LEAST_USES = 3;
const LEAST_LEAVES = 1;
/** How many options of a layer are worth a constant of their own. */
const LEAST_OPTIONS = 4;

/** Counts values while a program is written once, and then gives them names while it is written again. */
export class Constants {
  readonly #uses = new Map<string, { field: string; value: Literal; count: number }>();
  readonly #names = new Map<string, string>();
  readonly #declared: { name: string; value: Literal }[] = [];

  /** The constant for the value of a field; undefined where it is to be written out. */
  nameOf(field: string, value: Literal): string | undefined {
    if (!isCompound(value)) return undefined;
    const key = `${field} ${keyOf(value)}`;
    const known = this.#uses.get(key);
    if (known) known.count++;
    else this.#uses.set(key, { field, value, count: 1 });
    return this.#names.get(key);
  }

  /** The options of a layer: a constant, or one with another value in it; undefined where they are to be written out. */
  optionsOf(type: string, value: Literal): OptionsForm | undefined {
    if (!isFieldsLiteral(value) || Object.keys(value).length < LEAST_OPTIONS || 'name' in value || 'ntop' in value)
      return undefined;
    const { param, ...others } = value;
    if (isShared(param) && Object.keys(others).length >= LEAST_OPTIONS) {
      // The names of shared parameters are the layer's own.
      const name = this.nameOf(optionsName(type, others), others);
      return name === undefined ? undefined : { name, changed: ['param', param] };
    }
    const name = this.nameOf(optionsName(type, value), value);
    if (name !== undefined) return { name };
    for (const { name, value: known } of this.#declared) {
      const changed = isFieldsLiteral(known) ? changedField(known, value) : undefined;
      if (changed !== undefined) return { name, changed: [changed, value[changed]] };
    }
    return undefined;
  }

  /** Decides which values become constants. From here on {@link nameOf} says their names. */
  settle(taken: Set<string>): void {
    for (const [key, { field, value, count }] of this.#uses) {
      if (count < (isOptionsName(field) ? LEAST_USES - 1 : LEAST_USES) || !isIdentifier(field)) continue;
      const name = uniqueName(field, taken);
      this.#names.set(key, name);
      this.#declared.push({ name, value });
    }
  }

  get declared(): readonly { name: string; value: Literal }[] {
    return this.#declared;
  }
}

/** How the options of a layer are written by a constant. */
export interface OptionsForm {
  readonly name: string;
  /** A field that has another value than in the constant. */
  readonly changed?: readonly [field: string, value: Literal];
}

/** `conv3x3`, `conv3x3s2`, `poolOptions` */
function optionsName(type: string, { kernel_size: kernel, stride }: LiteralFields): string {
  const role = shortName(type);
  if (typeof kernel !== 'number') return `${role}Options`;
  return `${role}${kernel}x${kernel}${typeof stride === 'number' && stride > 1 ? `s${stride}` : ''}`;
}

function isOptionsName(field: string): boolean {
  return /\dx\d|Options$/.test(field);
}

/** The one field in which the values of two sets of options differ. */
function changedField(a: LiteralFields, b: LiteralFields): string | undefined {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length || keys.length < LEAST_OPTIONS) return undefined;
  const changed = keys.filter((key) => !Object.hasOwn(b, key) || !sameLiteral(a[key], b[key]));
  return changed.length === 1 && Object.hasOwn(b, changed[0]!) ? changed[0] : undefined;
}

/** Whether parameters have names, by which layers share them. */
function isShared(param: Literal): boolean {
  const params: readonly Literal[] = Array.isArray(param) ? param : [param];
  return params.some((each) => each !== undefined && isFieldsLiteral(each) && 'name' in each);
}

function isCompound(value: Literal): boolean {
  if (isFieldsLiteral(value)) return Object.keys(value).length >= LEAST_LEAVES;
  return Array.isArray(value) && value.length > 0 && value.some((item: Literal) => isFieldsLiteral(item));
}

function keyOf(value: Literal): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'number' ? (Object.is(each, -0) ? '-0' : String(each)) : each,
  );
}

/** Whether the types of enum names in it are lost without `as const`. */
export function hasEnumNames(value: Literal): boolean {
  if (value instanceof EnumName) return true;
  if (Array.isArray(value)) return value.some(hasEnumNames);
  return isFieldsLiteral(value) && Object.values(value).some(hasEnumNames);
}
