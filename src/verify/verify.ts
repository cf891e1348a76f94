/**
 * verify: runs a net and compares what every layer gives, as it is right after that layer ran, with reference outputs
 * of the model it was ported from; names the first layer that diverges.
 */
import type { Net } from '../runtime/net.js';
import { sameShape, withoutOnes } from '../shapes.js';
import type { ReferenceMap } from '../weights/maps/index.js';
import { NameIndex } from '../weights/name-index.js';
import type { NumericArray, WeightSource } from '../weights/source.js';
import { DEFAULT_TOLERANCE, compare, type Comparison, type Tolerance } from './compare.js';
import { matchReferences, noneMatches } from './match-references.js';
import { uncheckedBefore, type TracedLayer } from './trace.js';

export type LayerStatus = 'agrees' | 'diverges' | 'shape differs' | 'no reference';

/** One layer of the net, as compared. */
export interface LayerResult {
  /** Position among the net's layers, split layers included. */
  index: number;
  name: string;
  type: string;
  /** The top that was compared. */
  top: string;
  shape: readonly number[];
  status: LayerStatus;
  /** Name of the reference that this layer was compared with. */
  reference?: string;
  /** Given when the reference's shape is another one. */
  referenceShape?: readonly number[];
  /** Figures; absent without a reference or where the shapes differ. */
  comparison?: Comparison;
}

export interface VerifyReport {
  tolerance: Tolerance;
  /** The name map that found the references, where it has a name. */
  map?: string;
  /** Convolution algorithm that the net ran with. */
  algorithm: string;
  /** One entry a layer, in network order; layers that only feed or split are left out unless they have a reference. */
  layers: LayerResult[];
  /** Number of references that were compared with a layer, and of references there are. */
  matched: number;
  references: number;
  /** References that belong to no layer of this net. */
  unusedReferences: string[];
  /** The first layer, in network order, that is outside the tolerance; undefined when all agree. */
  firstDivergence?: LayerResult;
  /** Layers without a reference between the first divergence and the compared layers before it: equally suspect. */
  uncheckedBefore: LayerResult[];
  /** True when every matched reference is within the tolerance. */
  ok: boolean;
}

export interface VerifyOptions extends Partial<Tolerance> {
  /** Reference outputs by name. */
  references: WeightSource;
  /** Which reference names belong to a layer. */
  map: ReferenceMap;
  /** Called after each compared layer. */
  onProgress?: (done: number, total: number, layer: string) => void;
  /** Given both sides of each comparison of the whole pass, for who wants more of them than figures; valid only during the call. */
  onCompared?: (result: LayerResult, actual: Float32Array, reference: NumericArray) => void;
}

/** Types that hold or hand on data and compute nothing: listed only when a reference bears their name. */
const PASSIVE_TYPES = new Set(['Input', 'DummyData', 'MemoryData', 'Parameter', 'Split', 'Silence']);

/**
 * Runs one forward pass of `net`, whose inputs are set, and compares each layer's first top with the reference that the
 * map gives it. A reference with the same dimensions but for ones (a batch axis left out) counts as the same shape.
 * @throws NetspecError when no reference at all belongs to a layer of the net, or one cannot be read.
 */
export async function verify(net: Net, options: VerifyOptions): Promise<VerifyReport> {
  const tolerance = { rtol: options.rtol ?? DEFAULT_TOLERANCE.rtol, atol: options.atol ?? DEFAULT_TOLERANCE.atol };
  const traced: TracedLayer[] = net.layerNames.map((name) => ({
    name,
    bottoms: net.bottomNames.get(name) ?? [],
    tops: net.topNames.get(name) ?? [],
  }));
  const available = options.references.list();
  const names = new NameIndex(available);
  const matches = matchReferences(net, options.map, names);
  if (matches.size === 0) {
    const computing = net.layers.filter(({ type }) => !PASSIVE_TYPES.has(type)).map(({ name }) => name);
    throw noneMatches(computing.find((name) => options.map.referenceNames(name).length > 0) ?? '', options);
  }

  const layers: LayerResult[] = [];
  let done = 0;
  await net.forward({
    onLayer: async (index) => {
      const { name, tops } = traced[index]!;
      const type = net.layers[index]!.type;
      const match = matches.get(index);
      const top = tops[0];
      if (top === undefined || (!match && PASSIVE_TYPES.has(type))) return;
      const blob = net.blobs.get(top)!;
      const result: LayerResult = { index, name, type, top, shape: blob.shape, status: 'no reference' };
      layers.push(result);
      if (!match) return;
      result.reference = match.name;
      if (sameShape(withoutOnes(match.shape), withoutOnes(blob.shape))) {
        const reference = await options.references.read(match.name);
        result.comparison = compare(blob.data, reference.data, tolerance);
        result.status = result.comparison.allclose ? 'agrees' : 'diverges';
        options.onCompared?.(result, blob.data, reference.data);
      } else {
        result.referenceShape = match.shape;
        result.status = 'shape differs';
      }
      options.onProgress?.(++done, matches.size, name);
    },
  });

  const used = new Set([...matches.values()].map((info) => info.name));
  const byIndex = new Map(layers.map((result) => [result.index, result]));
  const firstDivergence = layers.find(({ status }) => status === 'diverges' || status === 'shape differs');
  const suspects = firstDivergence ? uncheckedBefore(traced, firstDivergence.index, (i) => matches.has(i)) : [];
  return {
    tolerance,
    map: options.map.name,
    algorithm: net.algorithm,
    layers,
    matched: matches.size,
    references: available.length,
    unusedReferences: available.map(({ name }) => name).filter((name) => !used.has(name)),
    firstDivergence,
    uncheckedBefore: suspects.flatMap((i) => byIndex.get(i) ?? []),
    ok: firstDivergence === undefined,
  };
}
