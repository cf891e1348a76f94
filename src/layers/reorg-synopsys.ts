/** Reorg of synopsys: moves blocks of pixels into channels. */
import type { Blob } from '../engine/blob.js';
import type { LayerFacts } from './facts.js';
import { ReorgLayer } from './reorg.js';

/**
 * Moves blocks of s · s pixels into channels, in the order that Darknet's YOLOv2 was trained with.
 *
 * @formula with K = C / s²: y, read as a row of values, holds at (k · H + j) · W + i the value of x, read as (K, H · s, W · s), at channel k mod K, row j · s + ⌊⌊k / K⌋ / s⌋, column i · s + ⌊k / K⌋ mod s
 * @bottoms x, (N, C, H, W)
 * @tops y, (N, C · s², H / s, W / s); with `reverse` (N, C / s², H · s, W · s); not in place
 * @fields `stride`, called s here, is required; `reverse` (false)
 * @notes Height and width are exchanged inside, which matters for images that are not square
 * @source reorg_layer.cpp of synopsys-caffe
 */
export class ReorgSynopsysLayer extends ReorgLayer {
  static override readonly facts: LayerFacts = {
    type: 'Reorg',
    origin: 'Synopsys',
    family: 'joining',
    doc: 'Moves blocks of stride x stride pixels into channels, as YOLOv2 does.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['reorg_param'],
    movesValues: true,
    variant: {
      name: 'synopsys',
      schemas: ['synopsys'],
      when: "the net is read with Synopsys' schema",
      claims: () => false,
    },
  };

  protected override imageOf(x: Blob): readonly [number, number, number] {
    const [channels, height, width] = x.shape.slice(1) as [number, number, number];
    // The fork's code calls Darknet's routine with height and width exchanged.
    return [channels, width, height];
  }
}
