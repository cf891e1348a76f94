/**
 * find-causes: at which layers a cause is looked for, and what the layers around them read.
 */
import { NetspecError } from '../errors.js';
import type { Net } from '../runtime/net.js';
import { compare, type Tolerance } from '../compare/compare.js';
import { mendOf, type Mend } from './causes.js';
import { DEFAULT_WORK, diagnose, kindOf, type Diagnosis, type Explanation } from './diagnose.js';
import type { Cause } from './diagnosis.js';
import { describeDifference } from './difference-place.js';
import type { Change } from './hypotheses/hypothesis.js';
import { IsolatedValues } from './isolated-values.js';
import { restOf, withoutRest } from './module-rest.js';
import { NetText } from '../proto/patch/net-text.js';
import { topKey, wiringOf } from './wiring.js';
import { asFloats, fedShape, reshaped, type FloatTensor } from './tensors.js';
import type { LayerResult, Point, VerifyOptions, VerifyReport } from './result.js';
import { isFailing } from './rows.js';
import { Workbench } from './workbench.js';

/** A layer that is this much off when it is fed references, though within the tolerance, is off by more than rounding. */
const MORE_THAN_ROUNDING = 2e-5;

/** Layers that fail by themselves at which a cause is looked for, the first ones. */
const MOST_DIAGNOSED = 8;

/**
 * Looks for the cause where errors arise, or, where they only accumulate, at the layer that adds most to them.
 * @param otherPlaces where else the reference of a layer may belong
 */
export async function findCauses(
  net: Net,
  report: VerifyReport,
  inputs: ReadonlyMap<string, FloatTensor>,
  options: VerifyOptions,
  otherPlaces: ReadonlyMap<LayerResult, readonly LayerResult[]>,
): Promise<void> {
  const failing = report.layers.filter(({ isolated }) => isolated && isFailing(isolated));
  const points = report.firstIsolated ? failing.slice(0, MOST_DIAGNOSED) : accumulationPoint(report);
  if (points.length === 0) return;
  report.diagnosed = points[0];
  const bench = await Workbench.open(net.algorithm, net.phase);
  try {
    const search = new CauseSearch(net, report, inputs, options, bench);
    for (const at of points) {
      const point = await search.lookAt(at, otherPlaces.get(at));
      report.points.push(point);
      report.tried.push(...point.tried);
      report.causes.push(...point.causes);
    }
    report.mends = search.mends;
    report.mendedText = search.text;
  } finally {
    bench.dispose();
  }
}

/** The text of the net's file, for edits. */
export function netTextOf(net: Net, { prototxt, schema }: VerifyOptions): NetText {
  const params = wiringOf(net).params.filter(({ type }) => type !== 'Split');
  return new NetText(net.name, params, { ...prototxt, schema });
}

class CauseSearch {
  #work: number;
  /** Layers whose fault was found, each with the change that undoes it and the cause. */
  readonly #mends = new Map<number, Change>();
  readonly #mendCauses = new Map<number, Cause>();
  /** What explained layers so far. */
  readonly #kinds = new Set<string>();
  /** What is to be done, in order. */
  readonly mends: Mend[] = [];
  readonly #text: NetText;

  constructor(
    readonly net: Net,
    readonly report: VerifyReport,
    readonly inputs: ReadonlyMap<string, FloatTensor>,
    readonly options: VerifyOptions,
    readonly bench: Workbench,
  ) {
    this.#work = options.work ?? DEFAULT_WORK;
    this.#text = netTextOf(net, options);
  }

  /** The prototxt with all edits made. */
  get text(): string {
    return this.#text.text;
  }

  async lookAt(result: LayerResult, others: readonly LayerResult[] = []): Promise<Point> {
    const values = this.#valuesAround(result);
    const mendedBy = await this.#mendedBy(values, result);
    if (mendedBy) return { result, tried: [], causes: [], mendedBy };
    const seen = this.report.evidence?.index === result.index ? this.report.evidence.isolated : undefined;
    if (seen && this.#mends.size === 0 && this.net.topNamesOf(result.index).length === 1)
      values.remember(result.index, [asFloats(seen)]);
    const point: Point = { result, tried: [], causes: [] };
    for (const at of [result, ...others]) {
      const { explanations, tried } = await this.#diagnose(at === result ? values : this.#valuesAround(at), at);
      point.tried.push(...tried);
      const rest = at === result ? undefined : restOf(values.wiring, result, at, this.report.layers);
      const [first, ...alternatives] = rest
        ? explanations.map((each) => ({ ...each, variant: withoutRest(each.variant, rest) }))
        : explanations;
      if (!first) continue;
      // One fault can make several layers fail: an in-place layer all those that read its blob.
      point.mendedBy = this.#foundBefore(first, alternatives);
      if (point.mendedBy) break;
      const topName = (layer: number, top: number): string => this.net.topNamesOf(layer)[top]!;
      const mend = mendOf([first, ...alternatives], this.#text, topName);
      this.mends.push(mend);
      this.#kinds.add(kindOf(first.trial));
      point.causes = [mend.cause];
      const change = changeOf(first);
      if (change) {
        this.#mends.set(first.index, change);
        this.#mendCauses.set(first.index, mend.cause);
      }
      break;
    }
    if (point.causes.length > 0 || point.mendedBy) return point;
    const remarks = await this.#remarksOn(values, result);
    return remarks.length > 0 ? { ...point, remarks } : point;
  }

  /** The cause found already that explains this layer as well. What explains several layers is likelier than a cause for each. */
  #foundBefore(first: Explanation, alternatives: readonly Explanation[]): Cause | undefined {
    const isOf = ({ trial, variant, suspect }: Explanation, { id, layer }: Cause): boolean =>
      id === trial.id && (layer === (variant.culprit?.name ?? suspect.name) || variant.isOfModel === true);
    const elsewhere = alternatives.filter(({ variant }) => variant.culprit !== undefined);
    return [first, ...elsewhere]
      .map((each) => this.report.causes.find((cause) => isOf(each, cause)))
      .find((cause) => cause !== undefined);
  }

  /** What can be said of a difference that nothing explains. */
  async #remarksOn(values: IsolatedValues, at: LayerResult): Promise<string[]> {
    const actual = (await values.topsOf(at.index))[at.topIndex]!;
    const reference = asFloats(await this.options.references.read(at.reference!));
    return describeDifference(actual, reference, this.#toleranceOf(at));
  }

  #toleranceOf({ tolerance }: LayerResult): Tolerance {
    return tolerance ?? this.report.tolerance;
  }

  /** The cause whose mend, made already, lets a layer agree. */
  async #mendedBy(values: IsolatedValues, at: LayerResult): Promise<Cause | undefined> {
    const { index, topIndex, reference } = at;
    const mended = [index, ...values.uncheckedBefore(index)].find((layer) => this.#mends.has(layer));
    const cause = mended === undefined ? this.#referenceMended(values, index) : this.#mendCauses.get(mended);
    if (!cause) return undefined;
    try {
      const { data } = (await values.topsOf(index))[topIndex]!;
      const wanted = await this.options.references.read(reference!);
      const isRight = data.length === wanted.data.length && compare(data, wanted.data, this.#toleranceOf(at)).allclose;
      return isRight ? cause : undefined;
    } catch (error) {
      if (error instanceof NetspecError) return undefined;
      throw error;
    }
  }

  /** The cause that changes a reference which a layer reads. */
  #referenceMended(values: IsolatedValues, index: number): Cause | undefined {
    const read = [index, ...values.uncheckedBefore(index)].flatMap((layer) => values.wiring.reads[layer]!);
    const names = read.flatMap(({ layer, top }) => {
      const row = this.report.layers.find((each) => each.index === layer && each.topIndex === top);
      return row?.reference ?? [];
    });
    return this.mends.find(({ references }) => names.some((name) => references.has(name)))?.cause;
  }

  /** What the layers around one read and give, all but itself replaced by their references where they have some. */
  #valuesAround(at: LayerResult): IsolatedValues {
    const { references } = this.options;
    const results = new Map(this.report.layers.map((result) => [topKey(result.index, result.topIndex), result]));
    const mendedReference = (name: string, tensor: FloatTensor): FloatTensor =>
      this.mends.reduce((value, { references: changes }) => changes.get(name)?.(value) ?? value, tensor);
    const read = (index: number, top: number) => {
      const result = results.get(topKey(index, top));
      // The layer itself is what is in question.
      if (!result?.reference || index === at.index) return undefined;
      const { shape, comparison } = result;
      const name = result.reference;
      // A reference that the model has to give anew says nothing of what is after it.
      if (this.mends.some(({ references: changes }) => changes.has(name) && !changes.get(name))) return undefined;
      return references.read(name).then((tensor) => {
        const mended = mendedReference(name, asFloats(tensor));
        return reshaped(mended, comparison ? shape : fedShape(mended.shape, shape));
      });
    };
    return new IsolatedValues(this.net, this.bench, this.inputs, read, this.#mends);
  }

  async #diagnose(values: IsolatedValues, at: LayerResult): Promise<Diagnosis> {
    const { layers } = this.report;
    const { references, onProgress } = this.options;
    const diagnosis = await diagnose({
      values,
      layer: at.index,
      top: at.topIndex,
      reference: asFloats(await references.read(at.reference!)),
      referenceName: at.reference!,
      tolerance: this.#toleranceOf(at),
      agreeing: agreeingLayers(layers),
      work: this.#work,
      foundBefore: this.#kinds,
      onTrial: onProgress,
    });
    this.#work = diagnosis.workLeft;
    return diagnosis;
  }
}

/** What can be done to a layer wherever it runs: not values that were put in its place. */
function changeOf({ suspect, top, variant: { change } }: Explanation): Change | undefined {
  const isOfLayer = change.param !== undefined || change.blobs !== undefined;
  const isOfInput = suspect.bottoms.length === 0 && change.output !== undefined;
  // A mend's output is done with the first top.
  const isOfOtherTop = change.output !== undefined && top !== 0;
  return change.bottoms === undefined && (isOfLayer || isOfInput) && !isOfOtherTop ? change : undefined;
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
