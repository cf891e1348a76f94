/** MVN: mean-variance normalization of each item by its own statistics. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../engine/blob.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';
import { valuesOf } from './shared/views.js';

/**
 * Subtracts the mean of each channel of each item, or of each item with `across_channels`, and divides by the standard
 * deviation unless `normalize_variance` is false.
 *
 * @formula `y = (x − mean) / (√variance + eps)`; note that eps is added after the root
 * @bottoms x, (N, C, H, W) or fewer axes
 * @tops y, always (N, C, H, W), absent axes being 1; may be x
 * @source Caffe's mvn_layer.cpp
 */
export class MVNLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'MVN',
    origin: 'BVLC',
    family: 'scaling',
    doc: 'Subtracts the mean and divides by the standard deviation of each item.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['mvn_param'],
    keepsOrder: true,
    inPlace: true,
    normalizes: true,
  };

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshape(([0, 1, 2, 3] as const).map((i) => x!.legacyDim(i)));
  }

  override forward([bottom]: readonly Blob[], [top]: readonly Blob[]): void {
    const param = resolve('MVNParameter', this.param.mvn_param);
    const eps = Math.fround(param.eps);
    const [y, x] = valuesOf(top!, bottom!);
    if (x.length === 0) return;
    const groups = param.across_channels ? bottom!.legacyDim(0) : bottom!.legacyDim(0) * bottom!.legacyDim(1);
    const n = x.length / groups;
    for (let start = 0; start < x.length; start += n) {
      let sum = 0;
      for (let i = start; i < start + n; i++) sum += x[i]!;
      const mean = Math.fround(sum / n);
      let squares = 0;
      for (let i = start; i < start + n; i++) {
        const d = Math.fround(x[i]! - mean);
        y[i] = d;
        squares += d * d;
      }
      if (!param.normalize_variance) continue;
      const deviation = Math.fround(Math.fround(Math.sqrt(Math.fround(squares / n))) + eps);
      for (let i = start; i < start + n; i++) y[i] = y[i]! / deviation;
    }
  }
}
