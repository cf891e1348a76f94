/**
 * find-causes: at which layers a cause is looked for, and what the layers around them read.
 */
import type { Net } from '../runtime/net.js';
import type { WeightSource } from '../weights/source.js';
import { compare } from '../compare/compare.js';
import { DEFAULT_WORK, diagnose, type Diagnosis } from './diagnose.js';
import type { Cause } from './diagnosis.js';
import type { Change } from './hypotheses/hypothesis.js';
import { IsolatedValues, type Mends } from './isolated-values.js';
import { topKey } from './match-references.js';
import { asFloats, reshaped, type FloatTensor } from './tensors.js';
import type { LayerResult, VerifyOptions, VerifyReport } from './result.js';
import { Workbench } from './workbench.js';

/** A layer that is this much off when it is fed references, though within the tolerance, is off by more than rounding. */
const MORE_THAN_ROUNDING = 2e-5;

/** Layers that fail by themselves at which a cause is looked for, the first ones. */
const MOST_DIAGNOSED = 8;

/** Looks for the cause where errors arise, or, where they only accumulate, at the layer that adds most to them. */
export async function findCauses(
  net: Net,
  report: VerifyReport,
  inputs: ReadonlyMap<string, FloatTensor>,
  options: VerifyOptions,
): Promise<void> {
  const failing = report.layers.filter(({ isolated }) => isolated && isolated.status !== 'agrees');
  const points = report.firstIsolated ? failing.slice(0, MOST_DIAGNOSED) : accumulationPoint(report);
  if (points.length === 0) return;
  report.diagnosed = points[0];
  const bench = await Workbench.open(net.algorithm, net.phase);
  try {
    let work = options.work ?? DEFAULT_WORK;
    const mends = new Map<number, Change>();
    for (const at of points) {
      const values = valuesAround(net, report, inputs, bench, at, mends, options.references);
      // Another of its tops was looked at before, and what mends that may mend this one too.
      if (mends.has(at.index) && (await agrees(values, report, at, options.references))) continue;
      const seen = report.evidence?.index === at.index ? report.evidence.isolated : undefined;
      if (seen && mends.size === 0 && net.topNamesOf(at.index).length === 1)
        values.remember(at.index, [asFloats(seen)]);
      const { causes, tried, workLeft, mend } = await diagnoseAt(values, report, at, { ...options, work });
      work = workLeft;
      if (mend) mends.set(mend.layer, mend.change);
      report.tried.push(...tried);
      // One fault can make several layers fail: an in-place layer all those that read its blob.
      const isKnown = ({ id, layer }: Cause) => report.causes.some((known) => known.id === id && known.layer === layer);
      report.causes.push(...causes.filter((cause) => !isKnown(cause)));
    }
  } finally {
    bench.dispose();
  }
}

/** What the layers around one read and give, all but itself replaced by their references where they have some. */
function valuesAround(
  net: Net,
  { layers }: VerifyReport,
  inputs: ReadonlyMap<string, FloatTensor>,
  bench: Workbench,
  at: LayerResult,
  mends: Mends,
  references: WeightSource,
): IsolatedValues {
  const results = new Map(layers.map((result) => [topKey(result.index, result.topIndex), result]));
  const read = (index: number, top: number) => {
    const result = results.get(topKey(index, top));
    // The layer itself is what is in question, and a reference of another shape is none.
    if (!result?.reference || !result.comparison || index === at.index) return undefined;
    return references.read(result.reference).then((reference) => reshaped(asFloats(reference), result.shape));
  };
  return new IsolatedValues(net, bench, inputs, read, mends);
}

/** Whether a layer gives its reference now that faults found before are mended. */
async function agrees(
  values: IsolatedValues,
  { tolerance }: VerifyReport,
  { index, topIndex, reference }: LayerResult,
  references: WeightSource,
): Promise<boolean> {
  const { data } = (await values.topsOf(index))[topIndex]!;
  const wanted = await references.read(reference!);
  return data.length === wanted.data.length && compare(data, wanted.data, tolerance).allclose;
}

async function diagnoseAt(
  values: IsolatedValues,
  { layers, tolerance }: VerifyReport,
  at: LayerResult,
  { references, onProgress, work, schema }: VerifyOptions,
): Promise<Diagnosis> {
  return diagnose({
    values,
    layer: at.index,
    top: at.topIndex,
    reference: asFloats(await references.read(at.reference!)),
    referenceName: at.reference!,
    tolerance,
    agreeing: agreeingLayers(layers),
    work,
    schema,
    onTrial: onProgress,
  });
}

/** Indices of layers that agree, with all their tops that were compared, when they are fed references. */
function agreeingLayers(layers: readonly LayerResult[]): Set<number> {
  const compared = layers.filter(({ isolated }) => isolated);
  const agreeing = new Set(compared.map(({ index }) => index));
  for (const { index, isolated } of compared) if (isolated!.status !== 'agrees') agreeing.delete(index);
  return agreeing;
}

/** The layer, up to the first that diverges, that is furthest off when it is fed references; none when all only round. */
function accumulationPoint({ layers, firstDivergence }: VerifyReport): LayerResult[] {
  const error = ({ isolated }: LayerResult) => isolated?.comparison?.maxRel ?? 0;
  const worst = layers
    .filter(({ index }) => index <= firstDivergence!.index)
    .reduce<LayerResult | undefined>((most, each) => (!most || error(each) > error(most) ? each : most), undefined);
  return worst && error(worst) > MORE_THAN_ROUNDING ? [worst] : [];
}
