/** Normalize of SSD: divides by the L2 norm and multiplies by learned scales. */
import type { Blob } from '../engine/blob.js';
import type { FillerParameter } from '../generated/messages.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface NormalizeSettings {
  across_spatial: boolean;
  scale_filler: FillerParameter;
  channel_shared: boolean;
  eps: number;
  add_eps_before_sqrt: boolean;
}

/**
 * Divides by the L2 norm, of a whole image or of the channels at each position, and multiplies by a scale.
 *
 * @formula y[n, c, i] = scale[c] · x[n, c, i] / √(eps + Σ x²), the sum over channels and positions of image n, or with
 *   `across_spatial: false` over the channels at position i
 * @bottoms x, (N, C, …), at most 4 axes
 * @tops y, the shape of x; may be x
 * @params scale, one value without axes, or (C) with `channel_shared: false`; filled by `scale_filler` (1)
 * @fields `across_spatial` (true), `channel_shared` (true), `eps` (1e-10)
 * @source normalize_layer.cpp of weiliu89/caffe (SSD); Liu et al., ParseNet, 2015
 */
export class NormalizeLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Normalize',
    origin: 'SSD',
    family: 'scaling',
    doc: 'Divides by the L2 norm and multiplies by a learned scale.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['norm_param'],
    blobs: [
      {
        role: 'scale',
        filler: (param) =>
          settingsOf<NormalizeSettings>(param, 'norm_param').scale_filler ?? { type: 'constant', value: 1 },
      },
    ],
    inPlace: true,
  };

  get #settings(): Partial<NormalizeSettings> {
    return settingsOf<NormalizeSettings>(this.param, 'norm_param');
  }

  override setUp([x]: readonly Blob[]): void {
    this.check(
      x!.numAxes >= 2 && x!.numAxes <= 4,
      () => `expected 2 to 4 axes, (N, C, …): bottom[0] is ${shapeString(x!.shape)}`,
      'put a Reshape before it',
    );
    this.addBlob((this.#settings.channel_shared ?? true) ? [] : [x!.shape[1]!]);
  }

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const [scale] = this.blobs;
    this.check(
      scale!.numAxes === 0 || scale!.count === x!.shape[1],
      () => `the scale has ${scale!.count} values, bottom[0] is ${shapeString(x!.shape)}`,
    );
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { across_spatial: across = true, eps = 1e-10, add_eps_before_sqrt: inside = true } = this.#settings;
    const scale = this.blobs[0]!.data.slice();
    const [to, from] = valuesOf(y!, x!);
    const [num, channels] = x!.shape as [number, number];
    const area = x!.countOf(2);
    const norms = new Float64Array(across ? 1 : area);
    for (let n = 0, start = 0; n < num; n++, start += channels * area) {
      norms.fill(0);
      for (let i = 0; i < channels * area; i++) norms[across ? 0 : i % area]! += from[start + i]! ** 2;
      for (let i = 0; i < norms.length; i++)
        norms[i] = inside ? Math.sqrt(norms[i]! + eps) : Math.sqrt(norms[i]!) + eps;
      for (let c = 0, at = start; c < channels; c++) {
        const factor = scale[scale.length === 1 ? 0 : c]!;
        for (let i = 0; i < area; i++, at++) to[at] = (factor * from[at]!) / norms[across ? 0 : i]!;
      }
    }
  }
}
