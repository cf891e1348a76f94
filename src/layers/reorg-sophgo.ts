/** Reorg of sophgo: moves blocks of pixels into channels. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import type { LayerFacts } from './facts.js';
import { ReorgLayer } from './reorg.js';

/**
 * Moves blocks of s · s pixels into channels: a true space-to-depth.
 *
 * @formula y[n, (d · s + r) · C + c, p, q] = x[n, c, p · s + d, q · s + r]; with `reverse` the other way round
 * @bottoms x, (N, C, H, W)
 * @tops y, (N, C · s², H / s, W / s); with `reverse` (N, C / s², H · s, W · s); not in place
 * @fields `stride`, called s here, is required; `reverse` (false)
 * @source reorg_layer.cpp of sophgo/caffe and of intel/caffe
 */
export class ReorgSophgoLayer extends ReorgLayer {
  static override readonly facts: LayerFacts = {
    type: 'Reorg',
    origin: 'Sophgo',
    family: 'joining',
    doc: 'Moves blocks of stride x stride pixels into channels, as YOLOv2 does.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['reorg_param'],
    movesValues: true,
    variant: {
      name: 'sophgo',
      schemas: ['sophgo', 'intel'],
      when: "the net is read with Sophgo's or Intel's schema",
      claims: () => false,
    },
  };

  protected override checkChannels(x: Blob, area: number): void {
    this.check(
      !this.reverse || x.shape[1]! >= area * area,
      () => `to reverse, at least stride⁴ = ${area * area} channels are needed: bottom[0] is ${shapeString(x.shape)}`,
      undefined,
      'reorg_param.stride',
    );
  }

  protected override imageOf(_x: Blob, y: Blob): readonly [number, number, number] {
    return y.shape.slice(1) as [number, number, number];
  }
}
