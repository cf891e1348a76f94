/** BatchNorm: subtracts a mean and divides by a standard deviation, channel by channel; no gamma and beta. */
import { Phase, type LayerParameter } from '../generated/messages.js';
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import { parallelFor } from '../engine/parallel-for.js';
import { takeMemory } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

/**
 * Normalizes each channel to mean 0 and variance 1, by stored statistics or by those of the batch. The learned factor
 * and offset (gamma, beta) belong to a Scale layer after it.
 *
 * @formula y = (x − mean[c]) / √(variance[c] + eps)
 * @bottoms x, (N, C, …), at least 2 axes
 * @tops y, the shape of x; may be x
 * @params mean (C), variance (C), and a factor (1) that both are divided by; factor 0 makes mean and variance 0. All
 *   start as 0, and their `lr_mult` must be 0
 * @fields `use_global_stats` decides whether stored statistics are used; when absent, they are in phase TEST.
 *   Otherwise the batch's mean and variance are used and added to the stored ones, which decay by
 *   `moving_average_fraction`
 * @source Caffe's batch_norm_layer.cpp
 */
export class BatchNormLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'BatchNorm',
    origin: 'BVLC',
    family: 'scaling',
    doc: 'Normalizes each channel by mean and variance; its third blob divides both. Gamma and beta need a Scale after it.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['batch_norm_param'],
    blobs: [{ role: 'mean' }, { role: 'variance' }, { role: 'divisor' }],
    frozenBlobs: true,
    affine: (param, phase) => (usesStoredStatistics(param, phase) ? { axis: 1, eps: epsOf(param) } : undefined),
    changesBlobs: (param, phase) => !usesStoredStatistics(param, phase),
    keepsOrder: true,
    inPlace: true,
    normalizes: true,
  };

  #channels = 1;
  #useStored = true;
  #fraction = 0;
  #eps = 0;

  override setUp([x]: readonly Blob[]): void {
    const param = resolve('BatchNormParameter', this.param.batch_norm_param);
    this.#useStored = usesStoredStatistics(this.param, this.context.phase);
    this.#fraction = Math.fround(param.moving_average_fraction);
    this.#eps = epsOf(this.param);
    this.#channels = x!.dim(1);
    for (const size of [this.#channels, this.#channels, 1]) this.addBlob([size]);
    (this.param.param ?? []).slice(0, 3).forEach(({ lr_mult = 1 }, i) => {
      this.check(
        lr_mult === 0,
        `Cannot configure batch normalization statistics as layer parameters: param ${i} has lr_mult ${lr_mult}, expected 0`,
        'write param { lr_mult: 0 } three times, or leave param out',
        'param',
      );
    });
  }

  /** Caffe writes a learning rate of 0 for each blob, so that a solver does not train the statistics. */
  override savedParam(): LayerParameter {
    const given = this.param.param ?? [];
    return { ...this.param, param: [...given, ...this.blobs.slice(given.length).map(() => ({ lr_mult: 0 }))] };
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const channels = x!.dim(1);
    this.check(
      channels === this.#channels,
      () => `expected ${this.#channels} channels as at setup, got ${channels}`,
      'the number of channels cannot change after the net is built',
    );
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const channels = this.#channels;
    const rows = x!.countOf(0, 2);
    const inner = x!.countOf(2);
    // Whatever may move memory comes before the first view, which would become invalid.
    const mean = this.context.scratch(2 * channels * 4);
    const deviation = mean + channels * 4;
    takeMemory(x!, y!, ...this.blobs);
    const { arena } = this.context;
    const { buffer } = arena;
    const means = new Float32Array(buffer, mean, channels);
    const variances = new Float32Array(buffer, deviation, channels);
    if (this.#useStored) this.#storedStatistics(means, variances);
    else if (x!.count > 0) {
      batchStatistics(x!.peek(), rows, inner, means, variances);
      this.#remember(means, variances, x!.count / channels);
    }
    this.#toDeviations(variances);
    parallelFor(arena, 'f32_normalize_rows__simd', [y!.ptr, x!.ptr, mean, deviation, channels, inner], rows, {
      cost: inner,
    });
  }

  /** Puts the stored mean and variance of each channel, divided by their factor, into the arrays. */
  #storedStatistics(means: Float32Array, variances: Float32Array): void {
    const [mean, variance, divisor] = this.blobs.map((blob) => blob.peek()) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const factor = divisor[0] === 0 ? 0 : Math.fround(1 / divisor[0]!);
    for (let c = 0; c < means.length; c++) {
      means[c] = mean[c]! * factor;
      variances[c] = variance[c]! * factor;
    }
  }

  /** Makes of each variance what values are divided by. */
  #toDeviations(variances: Float32Array): void {
    for (let c = 0; c < variances.length; c++) variances[c] = Math.sqrt(Math.fround(variances[c]! + this.#eps));
  }

  /** Adds the batch's statistics to the stored ones, the variance made unbiased for `n` values. */
  #remember(means: Float32Array, variances: Float32Array, n: number): void {
    const [mean, variance, divisor] = this.blobs.map((blob) => blob.data) as [Float32Array, Float32Array, Float32Array];
    const unbiased = n > 1 ? Math.fround(n / (n - 1)) : 1;
    divisor[0] = Math.fround(divisor[0]! * this.#fraction) + 1;
    for (let c = 0; c < means.length; c++) {
      mean[c] = means[c]! + this.#fraction * mean[c]!;
      variance[c] = unbiased * variances[c]! + this.#fraction * variance[c]!;
    }
  }
}

/** Whether a BatchNorm uses stored statistics. Absent, the field is false by its type; what counts is whether it is there. */
export function usesStoredStatistics({ batch_norm_param }: LayerParameter, phase: Phase): boolean {
  return batch_norm_param?.use_global_stats ?? phase === Phase.TEST;
}

function epsOf({ batch_norm_param }: LayerParameter): number {
  return Math.fround(resolve('BatchNormParameter', batch_norm_param).eps);
}

/** Mean and (biased) variance of each channel; rows of `inner` values belong to the channels in turn. */
function batchStatistics(
  x: Float32Array,
  rows: number,
  inner: number,
  means: Float32Array,
  variances: Float32Array,
): void {
  const channels = means.length;
  const n = (rows / channels) * inner;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let r = c; r < rows; r += channels) for (let i = r * inner, end = i + inner; i < end; i++) sum += x[i]!;
    const mean = Math.fround(sum / n);
    let squares = 0;
    for (let r = c; r < rows; r += channels)
      for (let i = r * inner, end = i + inner; i < end; i++) {
        const d = Math.fround(x[i]! - mean);
        squares += d * d;
      }
    means[c] = mean;
    variances[c] = squares / n;
  }
}
