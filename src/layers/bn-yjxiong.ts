/** BN of yjxiong: as PSPNet's, with parameters of two axes. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { BNLayer } from './bn.js';
import type { LayerFacts } from './facts.js';

/**
 * Normalizes each channel by stored statistics, then applies a slope and a bias.
 *
 * @formula y = slope[c] · (x − mean[c]) / √(variance[c] + eps) + bias[c]
 * @bottoms x, (N, C, …)
 * @tops y, the shape of x; may be x
 * @params slope, bias, mean and variance, each (1, C); no divisor
 * @fields `eps` (1e-5). `frozen` and `momentum` concern training
 * @source bn_layer.cpp of yjxiong/caffe
 */
export class BNYjxiongLayer extends BNLayer {
  static override readonly facts: LayerFacts = {
    ...BNLayer.facts,
    origin: 'yjxiong',
    variant: {
      name: 'yjxiong',
      schemas: ['yjxiong', 'happynear'],
      when: 'its blobs in the weights have two axes',
      claims: ({ blobs }) => blobs?.length === 4 && blobs[0]!.length === 2,
    },
  };

  override setUp([x]: readonly Blob[]): void {
    this.check(x!.numAxes >= 2, () => `expected (N, C, …), bottom[0] is ${shapeString(x!.shape)}`);
    for (let i = 0; i < 4; i++) this.addBlob([1, x!.shape[1]!]);
  }
}
