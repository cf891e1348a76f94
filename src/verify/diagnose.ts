/**
 * diagnose: the search for a cause. At the layer that fails though it is fed references, every hypothesis is put to the
 * test: the layer, or one without a reference before it, is run with the change that would undo the supposed fault.
 */
import { NetspecError } from '../errors.js';
import { factsOfLayer } from '../layers/registry.js';
import { sameShape, withoutOnes } from '../shapes.js';
import { compare, type Comparison, type Tolerance } from '../compare/compare.js';
import type { Trial } from './diagnosis.js';
import { FITTED, type Change, type Suspect, type Variant } from './hypotheses/hypothesis.js';
import { HYPOTHESES } from './hypotheses/index.js';
import type { IsolatedValues } from './isolated-values.js';
import { sampleOf, sampleWeights } from './sample.js';
import { surroundingsOf } from './surroundings.js';
import { reshaped, taken, type FloatTensor } from './tensors.js';

/**
 * How many times smaller the largest or the mean square error must be for a change to explain a difference. What explains
 * it leaves rounding, a thousandth or less; a change that only happens to fall within the tolerance leaves the same order.
 */
const LEAST_DROP = 10;

/** Residuals up to this part of the layer's largest value are rounding, and none better than another. */
const ROUNDING = 1e-5;

/** Multiply-accumulates that the search may take in all: about ten seconds of one core. */
export const DEFAULT_WORK = 1e11;

/** With an exact explanation at hand, trials above this are not made. */
const LARGE_TRIAL = 1e9;

/** Layers before the failing one that are suspected, the nearest. */
const MOST_SUSPECTS = 40;

export interface DiagnoseOptions {
  values: IsolatedValues;
  /** Index of the layer that fails. */
  layer: number;
  /** Which of its tops does. */
  top: number;
  /** Its reference, in the shape it was saved in. */
  reference: FloatTensor;
  referenceName: string;
  tolerance: Tolerance;
  /** Indices of layers that agree when they are fed references. */
  agreeing: ReadonlySet<number>;
  work?: number;
  /**
   * What explained other layers of this net, by {@link kindOf}. The same mistake is often made twice, so it is tried first, even
   * when no work is left.
   */
  foundBefore?: ReadonlySet<string>;
  onTrial?: (done: number, total: number, what: string) => void;
}

/** What a trial supposes, wherever it is made. */
export function kindOf({ id, type, label }: Pick<Trial, 'id' | 'type' | 'label'>): string {
  return JSON.stringify([id, type, label]);
}

/** What was tried, in order, and which of it makes the layer agree, best first. */
export async function diagnose(options: DiagnoseOptions): Promise<Diagnosis> {
  return new Search(options).run();
}

/** A change that makes the layer agree. */
export interface Explanation {
  trial: Trial & { outcome: 'matches'; comparison: Comparison };
  variant: Variant;
  /** The layer that was changed, and where it stands. */
  suspect: Suspect;
  index: number;
  /** Which of its tops was looked at. */
  top: number;
}

export interface Diagnosis {
  /** The best, then those that explain it as well and say something else. */
  explanations: Explanation[];
  tried: Trial[];
  /** What is left of the work allowed. */
  workLeft: number;
}

/** Thrown when an experiment would take more work than is left. */
class OutOfWork extends Error {}

interface Candidate {
  id: string;
  /** Position of the hypothesis in the table. */
  order: number;
  index: number;
  suspect: Suspect;
  variant: Variant;
}

class Search {
  readonly #options: DiagnoseOptions;
  readonly #values: IsolatedValues;
  readonly #layer: number;
  readonly #top: number;
  #workLeft: number;
  /** Channels that stand for all in a first look, when the layer is large. */
  readonly #sample: readonly number[] | undefined;
  #baseline: FloatTensor | undefined;
  /** While what is tried is not counted as work. */
  #isUnlimited = false;

  constructor(options: DiagnoseOptions) {
    this.#options = options;
    this.#values = options.values;
    this.#layer = options.layer;
    this.#top = options.top;
    this.#workLeft = options.work ?? DEFAULT_WORK;
    const layer = this.#values.net.layers[options.layer]!;
    this.#sample = sampleOf(layer, this.#values.workOf(options.layer));
  }

  async run(): Promise<Diagnosis> {
    const { layer, onTrial } = this.#options;
    this.#baseline = (await this.#values.topsOf(layer))[this.#top]!;
    const tried: Trial[] = [];
    const candidates: Candidate[] = [];
    const indices = [layer, ...this.#values.uncheckedBefore(layer)]
      .filter((index) => !this.#values.isMended(index))
      .slice(0, MOST_SUSPECTS);
    for (const index of indices) await this.#gather(index, candidates, tried);
    // Cheap ones first, each kind in the table's order.
    const cost = new Map(candidates.map((each) => [each, this.#costOf(each)]));
    const dear = (each: Candidate) =>
      this.#wasFoundBefore(each) ? 0 : Math.floor(Math.log10(Math.max(1e7, cost.get(each)!)));
    candidates.sort((a, b) => dear(a) - dear(b));

    const found: Found[] = [];
    const isExact = ({ trial, variant }: Found): boolean =>
      trial.comparison.maxRel <= ROUNDING && fittedOf(variant) === 0;
    for (const [i, candidate] of candidates.entries()) {
      const { id, suspect, variant } = candidate;
      onTrial?.(i + 1, candidates.length, `${id} at ${suspect.name}`);
      const trial: Trial =
        found.some(isExact) && cost.get(candidate)! > LARGE_TRIAL
          ? { ...this.#headOf(candidate), outcome: 'not run' }
          : await this.#try(candidate);
      tried.push(trial);
      if (trial.outcome !== 'matches') continue;
      const matching = trial as Found['trial'];
      found.push({
        ...{ trial: matching, variant, suspect, index: candidate.index, top: this.#topOf(candidate.index) },
        order: candidate.order,
      });
    }
    return { explanations: bestOf(found), tried, workLeft: this.#workLeft };
  }

  async #gather(index: number, candidates: Candidate[], tried: Trial[]): Promise<void> {
    const suspect = await this.#suspect(index);
    for (const [order, hypothesis] of HYPOTHESES.entries()) {
      const { id, title } = hypothesis;
      try {
        for await (const variant of hypothesis.variants(suspect))
          candidates.push({ id, order, index, suspect, variant });
      } catch (error) {
        // An experiment that prepares a variant was refused: there is none then.
        if (error instanceof NetspecError) continue;
        if (!(error instanceof OutOfWork)) throw error;
        tried.push({ id, ...this.#at, layer: suspect.name, type: suspect.type, label: title, outcome: 'not run' });
      }
    }
  }

  async #suspect(index: number): Promise<Suspect> {
    const { reference, referenceName, agreeing } = this.#options;
    const param = this.#values.wiring.params[index]!;
    const isCompared = index === this.#layer;
    const top = this.#topOf(index);
    const [bottoms, tops] = await Promise.all([this.#values.bottomsOf(index), this.#values.topsOf(index)]);
    const suspect: Suspect = {
      name: param.name ?? '',
      type: param.type ?? '',
      facts: factsOfLayer(this.#values.net.layers[index]!) ?? {},
      param,
      blobs: this.#values.blobsOf(index),
      bottoms,
      output: tops[top]!,
      top,
      ...(isCompared && { reference, referenceName }),
      wanted: reference,
      surroundings: surroundingsOf(this.#values, { layer: index, top }, agreeing),
      run: async (change) => {
        this.#spend(this.#values.workOf(index));
        const output = (await this.#runChanged(index, suspect, change))[top]!;
        return change.output ? change.output(output) : output;
      },
      resultOf: (output) => {
        if (isCompared) return Promise.resolve(output);
        this.#spend(this.#workAfter(index));
        return this.#resultWith(index, [output, ...tops.slice(1)]);
      },
    };
    return suspect;
  }

  /** The layer that fails, and its top. */
  get #at(): Pick<Trial, 'at' | 'atTop'> {
    const { net } = this.#values;
    return { at: net.layerNames[this.#layer]!, atTop: net.topNamesOf(this.#layer)[this.#top]! };
  }

  /** The top of a suspect that is looked at: the one that fails, of layers before it the first. */
  #topOf(index: number): number {
    return index === this.#layer ? this.#top : 0;
  }

  #headOf({ id, suspect, variant }: Candidate): Omit<Trial, 'outcome'> {
    return { id, ...this.#at, layer: suspect.name, type: suspect.type, label: variant.label };
  }

  async #try(candidate: Candidate): Promise<Trial> {
    const head = this.#headOf(candidate);
    this.#isUnlimited = this.#wasFoundBefore(candidate);
    try {
      if (this.#sample && this.#rerunsCompared(candidate)) {
        const first = await this.#measure(candidate, this.#sample);
        if (!first?.comparison.allclose)
          return { ...head, outcome: 'differs', comparison: first?.comparison, sampled: true };
      }
      const measured = await this.#measure(candidate);
      const outcome = measured && this.#explains(measured) ? 'matches' : 'differs';
      return { ...head, outcome, comparison: measured?.comparison };
    } catch (error) {
      if (error instanceof OutOfWork) return { ...head, outcome: 'not run' };
      if (error instanceof NetspecError) return { ...head, outcome: 'refused' };
      throw error;
    } finally {
      this.#isUnlimited = false;
    }
  }

  #wasFoundBefore({ id, suspect: { type }, variant: { label } }: Candidate): boolean {
    return this.#options.foundBefore?.has(kindOf({ id, type, label })) ?? false;
  }

  /** How the layer compares under a change; undefined when it has another shape than the reference. */
  async #measure({ index, suspect, variant }: Candidate, sample?: readonly number[]): Promise<Measured | undefined> {
    this.#spend(this.#costOf({ index, variant }, sample));
    const result = await this.#resultUnder(index, suspect, variant.change, sample);
    const reference = this.#referenceFor(variant.change, sample);
    const { rtol, atol, rounding } = this.#options.tolerance;
    const { rtol: leastR = 0, atol: leastA = 0 } = variant.tolerance ?? {};
    const tolerance = { rtol: Math.max(rtol, leastR), atol: Math.max(atol, leastA), rounding };
    return reference && measure(result, reference, tolerance);
  }

  #referenceFor(change: Change, sample?: readonly number[]): FloatTensor | undefined {
    const { reference } = this.#options;
    const changed = change.reference ? change.reference(reference) : reference;
    if (!sample) return changed;
    const { shape } = this.#baseline!;
    if (!sameShape(withoutOnes(shape), withoutOnes(changed.shape))) return undefined;
    return taken(reshaped(changed, shape), 1, sample);
  }

  /** Whether a change explains the difference: the layer is within the tolerance now, and by no accident. */
  #explains({ comparison, meanSquare }: Measured): boolean {
    const before = measure(this.#baseline!, this.#options.reference, this.#options.tolerance);
    if (!comparison.allclose || !before) return comparison.allclose;
    // Written so that an error that was no number counts as large.
    return (
      !(before.comparison.maxAbs < comparison.maxAbs * LEAST_DROP) ||
      !(before.meanSquare < meanSquare * LEAST_DROP ** 2)
    );
  }

  async #resultUnder(
    index: number,
    suspect: Suspect,
    change: Change,
    sample?: readonly number[],
  ): Promise<FloatTensor> {
    const tops = isRerun(change)
      ? await this.#runChanged(index, suspect, change, index === this.#layer ? sample : undefined)
      : [...(await this.#values.topsOf(index))];
    const top = this.#topOf(index);
    if (change.output) tops[top] = change.output(tops[top]!);
    return index === this.#layer ? tops[top]! : this.#resultWith(index, tops, sample);
  }

  async #runChanged(
    index: number,
    { param, blobs, bottoms }: Suspect,
    change: Change,
    sample?: readonly number[],
  ): Promise<FloatTensor[]> {
    if (this.#values.wiring.reads[index]!.length === 0 && !change.param) return [...(await this.#values.topsOf(index))];
    const given = change.param ?? param;
    const changed = {
      param: given,
      cls: this.#values.classFor(index, given),
      blobs: change.blobs === 'filler' ? undefined : (change.blobs?.() ?? blobs),
      bottoms: (typeof change.bottoms === 'function' ? change.bottoms() : change.bottoms) ?? bottoms,
    };
    return this.#values.bench.run(sample ? sampleWeights(changed, sample) : changed);
  }

  /** What the failing layer gives when the layer at `index` gives `tops`. */
  async #resultWith(index: number, tops: readonly FloatTensor[], sample?: readonly number[]): Promise<FloatTensor> {
    const bottoms = await this.#values.bottomsWith(this.#layer, index, tops);
    const param = this.#values.wiring.params[this.#layer]!;
    const cls = this.#values.classFor(this.#layer, param);
    const as = { param, cls, blobs: this.#values.blobsOf(this.#layer), bottoms };
    return this.#values.bench.run(sample ? sampleWeights(as, sample) : as)[this.#top]!;
  }

  #rerunsCompared({ index, variant }: Pick<Candidate, 'index' | 'variant'>): boolean {
    return index !== this.#layer || isRerun(variant.change);
  }

  #costOf({ index, variant }: Pick<Candidate, 'index' | 'variant'>, sample = this.#sample): number {
    const part = sample ? sample.length / this.#channels : 1;
    const own = isRerun(variant.change) ? this.#values.workOf(index) : 0;
    if (index === this.#layer) return own * part;
    return own + this.#workAfter(index, part);
  }

  get #channels(): number {
    return this.#baseline?.shape[1] ?? 1;
  }

  /** Work of the layers from one on to the failing one. */
  #workAfter(index: number, part = 1): number {
    return this.#values
      .between(index, this.#layer)
      .reduce((sum, step) => sum + this.#values.workOf(step) * (step === this.#layer ? part : 1), 0);
  }

  #spend(work: number): void {
    if (this.#isUnlimited) return;
    if (work > this.#workLeft) throw new OutOfWork();
    this.#workLeft -= work;
  }
}

function isRerun({ param, blobs, bottoms }: Change): boolean {
  return param !== undefined || blobs !== undefined || bottoms !== undefined;
}

/** An explanation, and the position of its hypothesis in the table. */
interface Found extends Explanation {
  order: number;
}

/** Of residuals that are within this factor of the smallest none is better than another. */
const AS_GOOD = 10;

/**
 * What a right port may leave that does what the model does otherwise: an eps after the root, a table of exponentials. Numbers that
 * are taken from the reference take that away too, so that they leave less than the change that says what is wrong.
 */
const INEXACT = 1e-4;

/**
 * The explanations that leave no more than the best, or only rounding; of these those that take the fewest numbers from the
 * reference; in the table's order, and of each hypothesis at one layer the first. What leaves more, or needs more numbers,
 * is no other explanation, since it says less of the same.
 */
function bestOf(found: readonly Found[]): Explanation[] {
  const residual = ({ trial }: Found): number => trial.comparison.maxRel;
  const least = Math.min(...found.map(residual));
  const near = found.filter((each) => residual(each) <= Math.max(ROUNDING, least * AS_GOOD));
  const exact = found.filter((each) => fittedOf(each.variant) === 0 && residual(each) <= INEXACT);
  const good = near.some(({ variant }) => fittedOf(variant) === 0) || exact.length === 0 ? near : exact;
  const fewest = Math.min(...good.map(({ variant }) => fittedOf(variant)));
  const best = good.filter(({ variant }) => fittedOf(variant) === fewest).sort((a, b) => a.order - b.order);
  const isSame = (a: Found, b: Found): boolean => a.trial.id === b.trial.id && a.index === b.index;
  return best
    .filter((each, i) => best.findIndex((first) => isSame(first, each)) === i)
    .map(({ order: _order, ...explanation }) => explanation);
}

/** How much a variant takes from the reference. */
function fittedOf({ fitted = 'none' }: Variant): number {
  return FITTED.indexOf(fitted);
}

interface Measured {
  comparison: Comparison;
  /** Mean of the squared differences. */
  meanSquare: number;
}

/** Undefined when the shapes differ. */
function measure(actual: FloatTensor, reference: FloatTensor, tolerance: Tolerance): Measured | undefined {
  if (!sameShape(withoutOnes(actual.shape), withoutOnes(reference.shape))) return undefined;
  let squares = 0;
  for (let i = 0; i < reference.data.length; i++) squares += (actual.data[i]! - reference.data[i]!) ** 2;
  const comparison = compare(actual.data, reference.data, tolerance);
  return { comparison, meanSquare: squares / reference.data.length };
}
