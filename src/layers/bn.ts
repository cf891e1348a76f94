/** BN of PSPNet: stored statistics, slope and bias in one layer. */
import type { Blob } from '../engine/blob.js';
import type { FillerParameter } from '../generated/messages.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface BNSettings {
  slope_filler: FillerParameter;
  bias_filler: FillerParameter;
  eps: number;
}

/**
 * Normalizes each channel by stored statistics, then applies a slope and a bias: BatchNorm and Scale in one.
 *
 * @formula y = slope[c] · (x − mean[c]) / √(variance[c] + eps) + bias[c]
 * @bottoms x, (N, C, …)
 * @tops y, the shape of x; may be x
 * @params slope, bias, mean and variance, each (1, C, 1, 1); no divisor
 * @fields `eps` (1e-5). `frozen` and `momentum` concern training
 * @source bn_layer.cpp of hszhao/PSPNet
 */
export class BNLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'BN',
    origin: 'PSPNet',
    family: 'scaling',
    doc: 'Batch normalization with its slope and bias in one layer.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['bn_param'],
    blobs: [
      {
        role: 'scale',
        filler: (param) => settingsOf<BNSettings>(param, 'bn_param').slope_filler ?? { type: 'constant', value: 1 },
      },
      { role: 'shift', filler: (param) => settingsOf<BNSettings>(param, 'bn_param').bias_filler },
      { role: 'mean' },
      { role: 'variance' },
    ],
    affine: (param) => ({ axis: 0, eps: Math.fround(settingsOf<BNSettings>(param, 'bn_param').eps ?? 1e-5) }),
    keepsOrder: true,
    inPlace: true,
  };

  override setUp([x]: readonly Blob[]): void {
    this.check(x!.numAxes >= 2, () => `expected (N, C, …), bottom[0] is ${shapeString(x!.shape)}`);
    const channels = x!.shape[1]!;
    for (let i = 0; i < 4; i++) this.addBlob([1, channels, 1, 1]);
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { count } = this.blobs[0]!;
    this.check(
      count === x!.shape[1],
      () => `the parameters are for ${count} channels, bottom[0] is ${shapeString(x!.shape)}`,
    );
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { eps = 1e-5 } = settingsOf<BNSettings>(this.param, 'bn_param');
    const [slope, bias, mean, variance] = this.blobs.map(({ data }) => data.slice()) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const [to, from] = valuesOf(y!, x!);
    const [num, channels] = x!.shape as [number, number];
    const area = x!.countOf(2);
    for (let n = 0, at = 0; n < num; n++)
      for (let c = 0; c < channels; c++) {
        const factor = slope[c]! / Math.sqrt(variance[c]! + eps);
        for (const end = at + area; at < end; at++) to[at] = factor * (from[at]! - mean[c]!) + bias[c]!;
      }
  }
}
