/** edits: how hypotheses word the edits that mend. */
import type { LayerParameter } from '../../generated/messages.js';
import type { PrototxtFix, ScriptFix, Suspect } from './hypothesis.js';

/** The suspect's layer, changed; further layers come after it. */
export function prototxtEdit({ param }: Pick<Suspect, 'param'>, ...after: readonly LayerParameter[]): PrototxtFix {
  return { place: 'prototxt', before: [param], after };
}

/**
 * An array that is saved for packing in another form.
 * @param suffix of the array's name: `weight`, `bias`
 * @param before the expression that is saved now, `after` the one that should be
 */
export function packingEdit({ name }: Pick<Suspect, 'name'>, suffix: string, before: string, after: string): ScriptFix {
  const save = (expression: string) => `np.save('${name}_${suffix}.npy', ${expression})`;
  return { place: 'packing', file: 'what is packed', before: [save(before)], after: [save(after)] };
}

/** Two edits of one script as one: what they take away, and what they put there. */
export function bothEdits(first: ScriptFix, second: ScriptFix): ScriptFix {
  return { ...first, before: [...first.before, ...second.before], after: [...first.after, ...second.after] };
}

/** The net's input, made otherwise. */
export function inputEdit(
  { name }: Pick<Suspect, 'name'>,
  before: readonly string[],
  after: readonly string[],
): ScriptFix {
  const save = `np.save('${name}.npy', x)`;
  return { place: 'input', file: 'what is fed', before: [...before, save], after: [...after, save] };
}

/** The reference, saved otherwise; `remark` says what numpy cannot. */
export function referenceEdit(
  { name, referenceName }: Suspect,
  before: string,
  after: string,
  remark?: string,
): ScriptFix {
  const save = (expression: string) => `np.save('${referenceName ?? name}.npy', ${expression})`;
  const line = remark === undefined ? save(after) : `${save(after)}  # ${remark}`;
  return { place: 'reference', file: 'what is saved as reference', before: [save(before)], after: [line] };
}

/** A message without the fields named, and with others. */
export function edited<T extends object>(message: T | undefined, drop: readonly (keyof T)[], add: Partial<T>): T {
  const copy = { ...message } as T;
  for (const field of drop) Reflect.deleteProperty(copy, field);
  return Object.assign(copy, add);
}

/** `a`, `a and b`, `a, b and c` */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)!}`;
}

/** A number as a person would write it: 4 significant digits. */
export function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** A layer of another type at the same place: its name, bottoms and tops, and where it is included. */
export function retyped(
  { name, bottom, top, phase, include, exclude }: LayerParameter,
  type: string,
  settings: Partial<LayerParameter> = {},
): LayerParameter {
  const kept = { name, type, bottom, top, phase, include, exclude };
  const given = Object.entries(kept).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(given) as LayerParameter), ...settings };
}
