/**
 * module-rest: a cause that was found where the reference is that of a layer inside a module, such as a Deconvolution with a border Scale behind
 * it. The layers behind would change what is right then, so that the edit takes them out.
 */
import type { LayerParameter } from '../generated/messages.js';
import { isFailing } from './rows.js';
import { listed, retyped } from './hypotheses/edits.js';
import type { PrototxtFix, Variant } from './hypotheses/hypothesis.js';
import type { LayerResult } from './result.js';
import { topKey, type Version, type Wiring } from './wiring.js';

/** The layers of a module behind one of its layers, each the only reader of what is before it. */
export interface ModuleRest {
  /** The layer before them, and its top that they read. */
  readonly from: { readonly param: LayerParameter; readonly top: string };
  readonly layers: readonly LayerParameter[];
}

/**
 * What stands behind one layer of a module up to its last, where that has to go; undefined where it may stay.
 * @param last the row of the module, whose reference it is; `at` is the layer that gives it once it is mended
 * @param rows all rows of the report
 */
export function restOf(
  wiring: Wiring,
  last: LayerResult,
  at: LayerResult,
  rows: readonly LayerResult[],
): ModuleRest | undefined {
  const behind = [...(last.includes ?? []), last.index].filter((index) => index > at.index);
  if (behind.length === 0 || !readersTakeReference(wiring, last, rows)) return undefined;
  const params = wiring.params;
  return { from: { param: params[at.index]!, top: at.top }, layers: behind.map((index) => params[index]!) };
}

/**
 * Whether what reads the module is right when it reads the reference itself. Readers whose own references do not tell
 * say nothing against it.
 */
function readersTakeReference({ readers }: Wiring, last: LayerResult, rows: readonly LayerResult[]): boolean {
  const compared: LayerResult[] = [];
  const pending: Version[] = [{ layer: last.index, top: last.topIndex }];
  const seen = new Set<number>();
  for (let version = pending.pop(); version; version = pending.pop())
    for (const reader of readers.get(topKey(version.layer, version.top)) ?? []) {
      if (seen.has(reader)) continue;
      seen.add(reader);
      const own = rows.filter(({ index }) => index === reader);
      const withReference = own.filter(({ isolated }) => isolated?.comparison);
      compared.push(...withReference);
      if (withReference.length === 0) pending.push(...own.map(({ topIndex }) => ({ layer: reader, top: topIndex })));
    }
  return compared.length === 0 || compared.some(({ isolated }) => !isFailing(isolated!));
}

/** A change whose edit takes the rest of the module out too. Edits of scripts stay as they are. */
export function withoutRest(variant: Variant, rest: ModuleRest): Variant {
  const { fix, instead } = variant;
  if (fix.place !== 'prototxt') return variant;
  const names = listed(rest.layers.map(({ name }) => `'${name}'`));
  const them = rest.layers.length === 1 ? 'it' : 'them';
  return {
    ...variant,
    explanation: `${variant.explanation} The edit takes out ${names} behind it: the reference is the result without ${them}.`,
    fix: withoutLayers(fix, rest),
    ...(instead && { instead: { ...instead, fix: withoutLayers(instead.fix, rest) } }),
  };
}

function withoutLayers({ place, before, after }: PrototxtFix, { from, layers }: ModuleRest): PrototxtFix {
  const names = new Set(layers.map(({ name }) => name));
  const others = (params: readonly LayerParameter[]) => params.filter(({ name }) => !names.has(name));
  const top = layers.at(-1)!.top![0]!;
  const isChanged = before.some(({ name }) => name === from.param.name);
  const changed = isChanged ? others(after) : [...others(after), from.param];
  const all = [...others(before), ...(isChanged ? [] : [from.param]), ...layers];
  if (top === from.top) return { place, before: all, after: changed };
  // A layer in place reads the blob that it writes: what reads the module is given a copy.
  if (from.param.bottom?.includes(from.top))
    return { place, before: all, after: [...changed, { ...retyped(layers.at(-1)!, 'Power'), bottom: [from.top] }] };
  const renamed = (blobs: readonly string[] = []) => blobs.map((blob) => (blob === from.top ? top : blob));
  return {
    place,
    before: all,
    after: changed.map((param) => ({ ...param, bottom: renamed(param.bottom), top: renamed(param.top) })),
  };
}
