/** Threshold: 1 above a threshold, else 0. */
import { resolve } from '../proto/message.js';
import type { Blob } from '../runtime/blob.js';
import { NeuronLayer, valuesOf } from './common.js';

/**
 * Tells whether each element exceeds a threshold.
 *
 * @formula y = x > threshold ? 1 : 0
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source Caffe's threshold_layer.cpp
 */
export class ThresholdLayer extends NeuronLayer {
  protected override compute(_y: number, _x: number, count: number, top: Blob, bottom: Blob): void {
    const threshold = Math.fround(resolve('ThresholdParameter', this.param.threshold_param).threshold);
    const [y, x] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++) y[i] = x[i]! > threshold ? 1 : 0;
  }
}
