/** CTCGreedyDecoder: ArgMax, and the classes that stay moved to the front by ScatterElements. */
import { CTCGreedyDecoderLayer } from '../../../layers/ctc-greedy-decoder.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { product } from '../../../shapes.js';
import type { LayerExport } from '../layer-export.js';

export const ctcGreedyDecoder: LayerExport = {
  layers: [CTCGreedyDecoderLayer],
  becomes: 'ArgMax, and the classes that stay moved to the front by ScatterElements',
  isOneWay: true,
  emit: ({ ops, param, bottoms: [x], topShapes: [shape] }) => {
    const given = settingsOf<{ blank_index: number; ctc_merge_repeated: boolean }>(param, 'ctc_decoder_param');
    const { blank_index = 0, ctc_merge_repeated: merges = true } = given;
    const [steps, streams] = x!.shape as [number, number];
    const classes = product(x!.shape, 2);
    const scores = ops.reshape(x!, [steps, streams, classes]);
    const found = { shape: [steps, streams], type: 'int64' as const };
    const best = ops.transpose(ops.node('ArgMax', [scores], found, { axis: 2, keepdims: 0 }), [1, 0]);
    const blank = blank_index < 0 ? classes - 1 : blank_index;
    let stays = ops.not(ops.equal(best, blank));
    if (merges && steps > 1) {
      const before = ops.slice(best, [{ axis: 1, start: 0, end: steps - 1 }]);
      const none = ops.ints(new Array<number>(streams).fill(-1), [streams, 1]);
      stays = ops.and(stays, ops.not(ops.equal(best, ops.concat([none, before], 1))));
    }
    // What does not stay goes behind the last place, which is cut off.
    const counts = ops.cast(stays, 'int64');
    const places = ops.node('CumSum', [counts, ops.ints([1], [])], { shape: [streams, steps], type: 'int64' });
    const targets = ops.where(stays, ops.sub(places, 1), steps);
    const room = ops.expand(ops.ints([-1], []), [streams, steps + 1]);
    const moved = ops.node(
      'ScatterElements',
      [room, targets, best],
      { shape: [streams, steps + 1], type: 'int64' },
      { axis: 1 },
    );
    const kept = ops.slice(moved, [{ axis: 1, start: 0, end: steps }]);
    return [ops.reshape(ops.cast(kept, 'float'), shape!)];
  },
};
