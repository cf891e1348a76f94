/**
 * value-sources: blobs that a layer's values are functions of, each of the one at its place: what an activation of several layers
 * reads, found by the wiring alone.
 */
import { factsOfLayer } from '../layers/registry.js';
import { sameShape } from '../shapes.js';
import type { ValueSource } from './hypotheses/hypothesis.js';
import type { IsolatedValues } from './isolated-values.js';
import { namedLayer, topKey, type Version } from './wiring.js';

/** Layers between that are looked through. */
const MOST_BETWEEN = 12;

/** The sources of the values of a layer, the nearest first. */
export async function sourcesOf(values: IsolatedValues, index: number): Promise<ValueSource[]> {
  const { reads, readers, params } = values.wiring;
  const unchecked = new Set(values.uncheckedBefore(index));
  const isByValue = async (layer: number): Promise<boolean> => {
    const { type, param } = values.net.layers[layer]!;
    const isOne = type === 'Eltwise' || factsOfLayer(values.net.layers[layer]!)?.family === 'activation';
    if (!isOne || param.top?.length !== 1) return false;
    const [top, ...bottoms] = [(await values.topsOf(layer))[0]!, ...(await values.bottomsOf(layer))];
    return bottoms.length > 0 && bottoms.every(({ shape }) => sameShape(shape, top.shape));
  };
  if (!(await isByValue(index))) return [];
  const found: ValueSource[] = [];
  const between: number[] = [];
  let open = distinct(reads[index]!);
  while (between.length < MOST_BETWEEN) {
    const [only, ...others] = open;
    if (only && others.length === 0 && between.length > 0) {
      const own = new Set([index, ...between]);
      found.push({
        blob: params[only.layer]!.top![only.top]!,
        value: await values.valueOf(only),
        layers: between.map((layer) => namedLayer(values.wiring, layer)),
        isReadElsewhere: between.some((layer) =>
          (readers.get(topKey(layer, 0)) ?? []).some((reader) => !own.has(reader)),
        ),
      });
    }
    // The last of them is computed from others, or is the source itself.
    const last = open.reduce<Version | undefined>((a, b) => (a && a.layer > b.layer ? a : b), undefined);
    if (!last || !unchecked.has(last.layer) || !(await isByValue(last.layer))) break;
    between.unshift(last.layer);
    open = distinct([...open.filter((version) => version !== last), ...reads[last.layer]!]);
  }
  return found;
}

function distinct(versions: readonly Version[]): Version[] {
  return [...new Map(versions.map((version) => [topKey(version.layer, version.top), version])).values()];
}
