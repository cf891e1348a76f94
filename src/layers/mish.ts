/** Mish: smooth unit of YOLOv4: x times tanh(softplus(x)). */
import type { Blob } from '../engine/blob.js';
import { NeuronLayer } from './shared/neuron-layer.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';

/**
 * Smooth unit of YOLOv4: x times tanh(softplus(x)).
 *
 * @formula y = x · tanh(log(1 + e^x))
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source mish_layer.cpp of sophgo/caffe and synopsys-caffe; Misra, 2019
 */
export class MishLayer extends NeuronLayer {
  static override readonly facts: LayerFacts = {
    type: 'Mish',
    origin: 'YOLO',
    family: 'activation',
    doc: 'Smooth unit of YOLOv4: x times tanh(softplus(x)).',
    bottoms: ['x'],
    tops: ['y'],
    keepsOrder: true,
    inPlace: true,
  };

  protected override compute(_y: number, _x: number, count: number, top: Blob, bottom: Blob): void {
    const [y, x] = valuesOf(top, bottom);
    for (let i = 0; i < count; i++) {
      const v = x[i]!;
      // log(1 + e^v) without overflow: for v > 0 it is v + log(1 + e^−v).
      y[i] = v * Math.tanh(Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))));
    }
  }
}
