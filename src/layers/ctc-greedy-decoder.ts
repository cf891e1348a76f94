/** CTCGreedyDecoder: the best class of each step, without blanks and repeats. */
import type { Blob } from '../engine/blob.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';

interface DecoderSettings {
  blank_index: number;
  ctc_merge_repeated: boolean;
}

/**
 * Decodes sequences of class scores: the best class of each step; blanks are left out, and repeats that no blank separates.
 *
 * @formula y[n] = the classes argmax_c x[t, n, c] that are left, then −1
 * @bottoms x, (T, N, C)
 * @tops y, (N, T, 1, 1)
 * @fields `blank_index` (0; negative: the last class), `ctc_merge_repeated` (true)
 * @source ctc_decoder_layer.cpp of senlinuc/caffe_ocr; Graves et al., 2006
 */
export class CTCGreedyDecoderLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'CTCGreedyDecoder',
    origin: 'caffe_ocr',
    family: 'other',
    doc: 'The best class of each step, without blanks and repeats.',
    bottoms: ['x'],
    tops: ['y'],
    params: ['ctc_decoder_param'],
  };

  override reshape([x]: readonly Blob[], [y]: readonly Blob[]): void {
    this.check(x!.numAxes >= 3, () => `expected (T, N, C), bottom[0] is ${shapeString(x!.shape)}`);
    y!.reshape([x!.shape[1]!, x!.shape[0]!, 1, 1]);
  }

  override forward([x]: readonly Blob[], [y]: readonly Blob[]): void {
    const given = settingsOf<DecoderSettings>(this.param, 'ctc_decoder_param');
    const [to, from] = valuesOf(y!, x!);
    const [steps, streams] = x!.shape as [number, number];
    const classes = x!.countOf(2);
    const { blank_index = 0, ctc_merge_repeated: merges = true } = given;
    const blank = blank_index < 0 ? classes - 1 : blank_index;
    to.fill(-1);
    for (let n = 0; n < streams; n++) {
      let [before, at] = [-1, n * steps];
      for (let t = 0; t < steps; t++) {
        const start = (t * streams + n) * classes;
        let best = 0;
        for (let c = 1; c < classes; c++) if (from[start + c]! > from[start + best]!) best = c;
        if (best !== blank && !(merges && best === before)) to[at++] = best;
        before = best;
      }
    }
  }
}
