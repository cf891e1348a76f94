/**
 * claim-state: what is known of a claim while the net runs: how the reference compares at each of its places, and at which
 * of them it was found to belong.
 */
import { compare, type Comparison, type Tolerance } from '../compare/compare.js';
import type { NumericArray, TensorInfo, WeightSource } from '../weights/source.js';
import { movedTo, sameDimensions, type Claim, type Place } from './claims.js';
import type { Judge, Judgement } from './limits/judge.js';

/**
 * How many times smaller the error must be at a later place than at the first for the reference to belong there. A layer
 * that is right leaves rounding, a thousandth or less; one that only happens to fall within the tolerance does not.
 */
const LEAST_DROP = 10;

/** How a reference compares at one place. */
export interface Seen extends Judgement {
  shape: readonly number[];
}

export class ClaimState {
  /** What is held against the net. */
  reference: TensorInfo;
  /** Index of the place where it agrees. */
  found: number | undefined;
  /** By place, of the last pass. */
  readonly seen = new Map<number, Seen>();
  #values: { name: string; values: Promise<NumericArray> } | undefined;

  constructor(
    public claim: Claim,
    private readonly source: WeightSource,
  ) {
    this.reference = claim.reference;
  }

  /** Index of the place where the reference belongs, as far as it is known. */
  get at(): number {
    return this.found ?? this.claim.likely;
  }

  get place(): Place {
    return this.claim.places[this.at]!;
  }

  /** Whether it counts: one that is only tried counts once it was found. */
  get counts(): boolean {
    return this.found !== undefined || !this.claim.tentative;
  }

  /** The reference's values; kept until {@link forget}, since several places may want them. */
  values(): Promise<NumericArray> {
    const { name } = this.reference;
    if (this.#values?.name !== name) this.#values = { name, values: this.source.read(name).then(({ data }) => data) };
    return this.#values.values;
  }

  forget(): void {
    this.#values = undefined;
  }

  /** Whether the reference has the dimensions of a top. */
  fits(shape: readonly number[]): boolean {
    return sameDimensions(this.reference.shape, shape);
  }

  /** Compares what a place gives. */
  async compareAt(place: number, shape: readonly number[], data: Float32Array, judge: Judge): Promise<Seen> {
    const { layer, top } = this.claim.places[place]!;
    const fits = this.fits(shape);
    const seen: Seen =
      fits || judge.takesShapes
        ? {
            shape,
            ...judge.judge({
              ...{ layer, top, shape, actual: data, fits },
              ...{ referenceShape: this.reference.shape, reference: await this.values() },
            }),
          }
        : { shape, agrees: false };
    this.seen.set(place, seen);
    return seen;
  }

  /** Whether another call of the module gives the reference, as its first place does not. */
  async isOfCall(shape: readonly number[], data: Float32Array, tolerance: Tolerance): Promise<Comparison | undefined> {
    if (!this.fits(shape)) return undefined;
    const comparison = compare(data, await this.values(), tolerance);
    this.forget();
    const first = this.seen.get(0)?.comparison;
    const isRight = comparison.allclose && !(first && first.maxAbs < comparison.maxAbs * LEAST_DROP);
    return isRight ? comparison : undefined;
  }

  /** The reference is that of another call. */
  moveTo(place: Place, seen: Seen): void {
    this.claim = movedTo(this.claim, place);
    this.found = 0;
    this.seen.clear();
    this.seen.set(0, seen);
  }

  /** Whether what was seen at a place says that the reference belongs there. */
  belongs(place: number): boolean {
    const { agrees = false, comparison } = this.seen.get(place) ?? {};
    if (!agrees) return false;
    const first = place === 0 ? undefined : this.seen.get(0)?.comparison;
    // Written so that an error that was no number counts as large.
    return !first || !comparison || !(first.maxAbs < comparison.maxAbs * LEAST_DROP);
  }
}
