/**
 * verify: runs a net and compares what every layer gives, as it is right after that layer ran, with reference outputs
 * of the model it was ported from; names the first layer that diverges and looks for the cause.
 */
import type { Layer } from '../layers/layer.js';
import { factsOfLayer } from '../layers/registry.js';
import type { Net } from '../runtime/net.js';
import { sameShape, withoutOnes } from '../shapes.js';
import { NameIndex } from '../weights/name-index.js';
import { DEFAULT_TOLERANCE, compare } from '../compare/compare.js';
import type { Evidence } from './diagnosis.js';
import { findCauses } from './find-causes.js';
import { matchReferences, noneMatches, topKey, type Matches, type TopKey } from './match-references.js';
import type { LayerResult, VerifyOptions, VerifyReport } from './result.js';
import type { FloatTensor } from './tensors.js';
import { uncheckedBefore, type TracedLayer } from './trace.js';

/** Whether a layer holds or hands on data and computes nothing: it is listed only when a reference bears its name. */
function isPassive(layer: Layer): boolean {
  const { fed, idle } = factsOfLayer(layer) ?? {};
  return fed === true || idle === true;
}

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
    const computing = net.layers.filter((layer) => !isPassive(layer)).map(({ name }) => name);
    throw noneMatches(computing.find((name) => options.map.referenceNames(name).length > 0) ?? '', options);
  }
  const inputs = saveInputs(net);

  const layers: LayerResult[] = [];
  let evidence: Evidence | undefined;
  let done = 0;
  const compareTop = async (result: LayerResult): Promise<void> => {
    const match = matches.get(keyOf(result));
    if (!match && isPassive(net.layers[result.index]!)) return;
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
