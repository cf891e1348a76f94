/** BN of SegNet: a scale and a shift, after normalization by the batch's own statistics unless bn_mode says otherwise. */
import type { Blob } from '../engine/blob.js';
import type { FillerParameter } from '../generated/messages.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface BNSettings {
  bn_mode: number;
  scale_filler: FillerParameter;
  shift_filler: FillerParameter;
}

/** Value of `bn_mode: INFERENCE`. */
const INFERENCE = 1;
const EPS = 1e-9;

/**
 * With `bn_mode: INFERENCE` a scale and a shift of each channel, into which the statistics were folded. With `LEARN`, the default,
 * the batch's own statistics are used first, in phase TEST as well.
 *
 * @formula y = scale[c] · v + shift[c], with v = x, or `LEARN`: v = (x − mean_c) / √(E(x²) − E(x)² + 1e-9) over the batch
 * @bottoms x, (N, C, …)
 * @tops y, the shape of x; may be x
 * @params scale and shift, each (1, C, 1, 1)
 * @source bn_layer.cpp of alexgkendall/caffe-segnet
 */
export class BNSegNetLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'BN',
    origin: 'SegNet',
    family: 'scaling',
    doc: 'Scale and shift of each channel, after normalization by the batch unless bn_mode is INFERENCE.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['bn_param'],
    blobs: [
      { role: 'scale', filler: (param) => settingsOf<BNSettings>(param, 'bn_param').scale_filler },
      { role: 'shift', filler: (param) => settingsOf<BNSettings>(param, 'bn_param').shift_filler },
    ],
    affine: (param) =>
      settingsOf<BNSettings>(param, 'bn_param').bn_mode === INFERENCE ? { axis: 0, eps: 0 } : undefined,
    keepsOrder: true,
    inPlace: true,
    variant: {
      name: 'segnet',
      schemas: ['segnet', 'segnet-cudnn5', 'synopsys'],
      when: 'it has bn_mode, scale_filler or shift_filler, or two blobs in the weights',
      claims: ({ param, blobs }) => {
        const { bn_mode, scale_filler, shift_filler } = settingsOf<BNSettings>(param, 'bn_param');
        return (bn_mode ?? scale_filler ?? shift_filler) !== undefined || blobs?.length === 2;
      },
    },
  };

  override setUp([x]: readonly Blob[]): void {
    this.check(x!.numAxes >= 2, () => `expected (N, C, …), bottom[0] is ${shapeString(x!.shape)}`);
    for (let i = 0; i < 2; i++) this.addBlob([1, x!.shape[1]!, 1, 1]);
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
    const learns = settingsOf<BNSettings>(this.param, 'bn_param').bn_mode !== INFERENCE;
    const [scale, shift] = this.blobs.map(({ data }) => data.slice()) as [Float32Array, Float32Array];
    const [to, from] = valuesOf(y!, x!);
    const [num, channels] = x!.shape as [number, number];
    const area = x!.countOf(2);
    for (let c = 0; c < channels; c++) {
      let [sum, squares] = [0, 0];
      for (let n = 0; learns && n < num; n++)
        for (let i = (n * channels + c) * area, end = i + area; i < end; i++) {
          sum += from[i]!;
          squares += from[i]! ** 2;
        }
      const mean = learns ? sum / (num * area) : 0;
      const factor = learns ? scale[c]! / Math.sqrt(squares / (num * area) - mean * mean + EPS) : scale[c]!;
      for (let n = 0; n < num; n++)
        for (let i = (n * channels + c) * area, end = i + area; i < end; i++)
          to[i] = factor * (from[i]! - mean) + shift[c]!;
    }
  }
}
