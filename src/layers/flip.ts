/** Flip: mirrors images. */
import type { Blob } from '../engine/blob.js';
import { settingsOf } from './shared/fork-settings.js';
import { reverseAxes } from './shared/permutation.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface FlipSettings {
  flip_width: boolean;
  flip_height: boolean;
}

/**
 * Mirrors each channel, left to right or top to bottom.
 *
 * @formula y[n, c, h, w] = x[n, c, h, W − 1 − w] with `flip_width`; likewise h with `flip_height`
 * @bottoms x, (N, C, H, W)
 * @tops y, the shape of x; not in place
 * @fields `flip_width` (true), `flip_height` (false)
 * @source flip_layer.cpp of happynear/caffe-windows
 */
export class FlipLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'Flip',
    origin: 'happynear',
    family: 'other',
    doc: 'Mirrors each channel, left to right or top to bottom.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['flip_param'],
    idle: (param) => {
      const { flip_width = true, flip_height = false } = settingsOf<FlipSettings>(param, 'flip_param');
      return !flip_width && !flip_height;
    },
    movesValues: true,
  };

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    y!.reshapeLike(x!);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { flip_width: width = true, flip_height: height = false } = settingsOf<FlipSettings>(
      this.param,
      'flip_param',
    );
    const [to, from] = valuesOf(y!, x!);
    const axes = x!.numAxes;
    reverseAxes(to, from, x!.shape, [...(height ? [axes - 2] : []), ...(width ? [axes - 1] : [])]);
  }
}
