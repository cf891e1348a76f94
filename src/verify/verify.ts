/**
 * verify: runs a net and compares what every layer gives, as it is right after that layer ran, with reference outputs
 * of the model it was ported from; names the first layer that diverges and looks for the cause.
 */
import type { Net } from '../runtime/net.js';
import { sameShape, withoutOnes } from '../shapes.js';
import type { ReferenceMap } from '../weights/maps/index.js';
import { NameIndex } from '../weights/name-index.js';
import type { NumericArray, WeightSource } from '../weights/source.js';
import type { Schema } from '../proto/schema.js';
import { DEFAULT_TOLERANCE, compare, type Comparison, type Tolerance } from '../compare/compare.js';
import type { Cause, Evidence, Trial } from './diagnosis.js';
import { findCauses } from './find-causes.js';
import { matchReferences, noneMatches, topKey, type Matches, type TopKey } from './match-references.js';
import type { FloatTensor } from './tensors.js';
import { uncheckedBefore, type TracedLayer } from './trace.js';

export type LayerStatus = 'agrees' | 'diverges' | 'shape differs' | 'no reference';

/** How a layer compares when it is fed the references of what it reads. */
export interface IsolatedResult {
  status: LayerStatus;
  /** Figures; absent where the shapes differ. */
  comparison?: Comparison;
}

/** One top of a layer of the net, as compared. */
export interface LayerResult {
  /** Position among the net's layers, split layers included. */
  index: number;
  name: string;
  type: string;
  /** Blob name of the top that was compared. */
  top: string;
  /** Position of the top among the layer's. */
  topIndex: number;
  /** What reports call it: the layer's name, and the top's too where the layer has several: `slice: left`. */
  label: string;
  shape: readonly number[];
  /** How the layer compares in the net, where each layer reads what those before it gave. */
  status: LayerStatus;
  /** Name of the reference that this layer was compared with. */
  reference?: string;
  /** Given when the reference's shape is another one. */
  referenceShape?: readonly number[];
  /** Figures; absent without a reference or where the shapes differ. */
  comparison?: Comparison;
  /** The isolated pass; absent when none was made, or without a reference. */
  isolated?: IsolatedResult;
}

export interface VerifyReport {
  tolerance: Tolerance;
  /** The name map that found the references, where it has a name. */
  map?: string;
  /** Convolution algorithm that the net ran with. */
  algorithm: string;
  /**
   * One entry a top, in network order: most layers have one. What layers give that only feed or split is left out unless it
   * has a reference.
   */
  layers: LayerResult[];
  /** Number of tops that were compared with a reference, and of references there are. */
  matched: number;
  references: number;
  /** References that belong to no layer of this net. */
  unusedReferences: string[];
  /** The first top, in network order, that is outside the tolerance; undefined when all agree. */
  firstDivergence?: LayerResult;
  /** What has no reference between the first divergence and what was compared before it: equally suspect. */
  uncheckedBefore: LayerResult[];
  /**
   * The first layer that is outside the tolerance although it is fed the references of what it reads: where an error
   * arises. Undefined when there is none, or no isolated pass was made.
   */
  firstIsolated?: LayerResult;
  /** The first layer where a cause was looked for; undefined when none was. */
  diagnosed?: LayerResult;
  /**
   * What explains the difference at that layer, the best explanation first, then what explains those at later layers
   * that fail by themselves; empty when nothing tried does.
   */
  causes: Cause[];
  /** Everything that was tried, in the order in which it was. */
  tried: Trial[];
  /** The values of the first layer that diverges. Not part of the JSON. */
  evidence?: Evidence;
  /** True when every matched reference is within the tolerance. */
  ok: boolean;
}

export interface VerifyOptions extends Partial<Tolerance> {
  /** Reference outputs by name. */
  references: WeightSource;
  /** Which reference names belong to a layer. */
  map: ReferenceMap;
  /**
   * Where something diverges, run every layer on the references of what it reads, and look for the cause at the first
   * that fails then. Default true.
   */
  diagnose?: boolean;
  /** Multiply-accumulates that the search for a cause may take. Default 1e11: about ten seconds of one core. */
  work?: number;
  /** The schema that the net was loaded with, when it is not BVLC's. */
  schema?: Schema;
  /** Called after each compared top; the isolated pass, and the search for a cause, count from 1 again. */
  onProgress?: (done: number, total: number, layer: string) => void;
  /** Given both sides of each comparison of the whole pass, for who wants more of them than figures; valid only during the call. */
  onCompared?: (result: LayerResult, actual: Float32Array, reference: NumericArray) => void;
}

/** Types that hold or hand on data and compute nothing: listed only when a reference bears their name. */
const PASSIVE_TYPES = new Set(['Input', 'DummyData', 'MemoryData', 'Parameter', 'Split', 'Silence']);

/**
 * Runs a forward pass of `net`, whose inputs are set, and compares each layer's tops with the references that the map
 * gives them. A reference with the same dimensions but for ones (a batch axis left out) counts as the same shape.
 *
 * When a layer is outside the tolerance, a second pass feeds each layer the references of what it reads, so that an
 * error does not spread, and hypotheses are tried at the first layer that is still outside. The net's blobs then hold
 * what the second pass left.
 * @throws NetspecError when no reference at all belongs to a layer of the net, or one cannot be read.
 */
export async function verify(net: Net, options: VerifyOptions): Promise<VerifyReport> {
  const tolerance = { rtol: options.rtol ?? DEFAULT_TOLERANCE.rtol, atol: options.atol ?? DEFAULT_TOLERANCE.atol };
  const traced: TracedLayer[] = net.layerNames.map((name, index) => ({
    name,
    bottoms: net.bottomNamesOf(index),
    tops: net.topNamesOf(index),
  }));
  const available = options.references.list();
  const matches = matchReferences(net, options.map, new NameIndex(available));
  if (matches.size === 0) {
    const computing = net.layers.filter(({ type }) => !PASSIVE_TYPES.has(type)).map(({ name }) => name);
    throw noneMatches(computing.find((name) => options.map.referenceNames(name).length > 0) ?? '', options);
  }
  const inputs = saveInputs(net);

  const layers: LayerResult[] = [];
  let evidence: Evidence | undefined;
  let done = 0;
  const compareTop = async (result: LayerResult): Promise<void> => {
    const match = matches.get(keyOf(result));
    if (!match && PASSIVE_TYPES.has(result.type)) return;
    layers.push(result);
    if (!match) return;
    result.reference = match.name;
    const blob = net.blobs.get(result.top)!;
    if (sameDimensions(match.shape, blob.shape)) {
      const reference = await options.references.read(match.name);
      result.comparison = compare(blob.data, reference.data, tolerance);
      result.status = result.comparison.allclose ? 'agrees' : 'diverges';
      options.onCompared?.(result, blob.data, reference.data);
    } else {
      result.referenceShape = match.shape;
      result.status = 'shape differs';
    }
    if (result.status !== 'agrees' && !evidence) {
      const { shape, data } = await options.references.read(match.name);
      const reference = { shape: [...shape], data: data.slice() };
      const actual = { shape: blob.shape, data: blob.data.slice() };
      evidence = { layer: result.name, top: result.top, index: result.index, reference, actual };
    }
    options.onProgress?.(++done, matches.size, result.label);
  };
  await net.forward({
    onLayer: async (index) => {
      for (const result of resultsOf(net, index)) await compareTop(result);
    },
  });

  const used = new Set([...matches.values()].map((info) => info.name));
  const firstDivergence = layers.find(({ status }) => status === 'diverges' || status === 'shape differs');
  const isChecked = (layer: number, blob: string): boolean =>
    matches.has(topKey(layer, traced[layer]!.tops.indexOf(blob)));
  const suspects = firstDivergence ? uncheckedBefore(traced, firstDivergence.index, isChecked) : [];
  const report: VerifyReport = {
    tolerance,
    map: options.map.name,
    algorithm: net.algorithm,
    layers,
    matched: matches.size,
    references: available.length,
    unusedReferences: available.map(({ name }) => name).filter((name) => !used.has(name)),
    firstDivergence,
    uncheckedBefore: suspects.flatMap(
      ({ layer, blob }) => layers.find(({ index, top }) => index === layer && top === blob) ?? [],
    ),
    causes: [],
    tried: [],
    evidence,
    ok: firstDivergence === undefined,
  };
  if (report.ok || options.diagnose === false) return report;
  restoreInputs(net, inputs);
  await isolate(net, report, matches, options);
  await findCauses(net, report, inputs, options);
  return report;
}

/** An entry for each top of a layer, before it is compared. */
function resultsOf(net: Net, index: number): LayerResult[] {
  const { name, type } = net.layers[index]!;
  return net.topNamesOf(index).map((top, topIndex, tops) => {
    const label = tops.length > 1 ? `${name}: ${top}` : name;
    return { index, name, type, top, topIndex, label, shape: net.blobs.get(top)!.shape, status: 'no reference' };
  });
}

function keyOf({ index, topIndex }: LayerResult): TopKey {
  return topKey(index, topIndex);
}

/**
 * The isolated pass: each top becomes its reference once it is compared, so that the layers after it read that.
 * Tops without a reference stay as they were computed.
 */
async function isolate(
  net: Net,
  report: VerifyReport,
  matches: Matches,
  { references, onProgress }: VerifyOptions,
): Promise<void> {
  const { evidence } = report;
  let done = 0;
  const compareTop = async (result: LayerResult): Promise<void> => {
    const match = matches.get(keyOf(result));
    if (!match) return;
    const blob = net.blobs.get(result.top)!;
    if (sameDimensions(match.shape, blob.shape)) {
      const { data } = await references.read(match.name);
      const comparison = compare(blob.data, data, report.tolerance);
      result.isolated = { status: comparison.allclose ? 'agrees' : 'diverges', comparison };
      if (evidence?.index === result.index && evidence.top === result.top)
        evidence.isolated = { shape: blob.shape, data: blob.data.slice() };
      blob.data.set(data);
    } else result.isolated = { status: 'shape differs' };
    onProgress?.(++done, matches.size, result.label);
  };
  await net.forward({
    onLayer: async (index) => {
      for (const result of report.layers) if (result.index === index) await compareTop(result);
    },
  });
  report.firstIsolated = report.layers.find(({ isolated }) => isolated && isolated.status !== 'agrees');
}

/** Whether two shapes are the same but for dimensions of one. */
function sameDimensions(a: readonly number[], b: readonly number[]): boolean {
  return sameShape(withoutOnes(a), withoutOnes(b));
}

/** Copies of what the net was fed, which in-place layers may overwrite, by blob. */
function saveInputs(net: Net): Map<string, FloatTensor> {
  const names = net.layers.flatMap((_, index) => (net.bottomNamesOf(index).length === 0 ? net.topNamesOf(index) : []));
  return new Map(
    names.map((name) => {
      const { shape, data } = net.blobs.get(name)!;
      return [name, { shape, data: data.slice() }];
    }),
  );
}

function restoreInputs(net: Net, inputs: ReadonlyMap<string, FloatTensor>): void {
  for (const [name, { data }] of inputs) net.blobs.get(name)!.data.set(data);
}
