/** CReLU: rectified values of both signs. */
import type { Blob } from '../engine/blob.js';
import { axisOf } from './shared/axis.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface CReLUSettings {
  negative_slope: number;
  concat_axis: number;
}

/**
 * Joins the rectified values and the rectified negative values along an axis.
 *
 * @formula y = [relu(x), relu(−x)] with relu(v) = max(v, 0) + negative_slope · min(v, 0)
 * @bottoms x, any shape
 * @tops y, the shape of x with twice the size along the axis; not in place
 * @axes `concat_axis` (1), negative from the end
 * @fields `negative_slope` (0) holds for both halves
 * @source crelu_layer.cpp of Cambricon/caffe; Shang et al., 2016
 */
export class CReLULayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'CReLU',
    origin: 'Cambricon',
    family: 'activation',
    doc: 'Joins the rectified values and the rectified negative values along an axis.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['crelu_param'],
  };

  #axis = 1;

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { concat_axis: axis = 1 } = settingsOf<CReLUSettings>(this.param, 'crelu_param');
    this.#axis = axisOf(x!, axis, 'crelu_param.concat_axis');
    y!.reshape(x!.shape.map((size, i) => (i === this.#axis ? 2 * size : size)));
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const { negative_slope: slope = 0 } = settingsOf<CReLUSettings>(this.param, 'crelu_param');
    const [to, from] = valuesOf(y!, x!);
    const size = x!.countOf(this.#axis);
    for (let i = 0; i < from.length; i++) {
      const value = from[i]!;
      const at = Math.floor(i / size) * size + i;
      to[at] = Math.max(value, 0) + slope * Math.min(value, 0);
      to[at + size] = Math.max(-value, 0) + slope * Math.min(-value, 0);
    }
  }
}
