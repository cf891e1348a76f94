/** ReverseTime: ONNX's ReverseSequence; steps behind a sequence become 0 unless they are copied. */
import { ReverseTimeLayer } from '../../../layers/reverse-time.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';

export const reverseTime: LayerExport = {
  layers: [ReverseTimeLayer],
  becomes: 'ReverseSequence; steps behind a sequence become 0 unless they are copied',
  isOneWay: true,
  emit: ({ ops, param, bottoms: [x, lengths] }) => {
    const given = settingsOf<{ copy_remaining: boolean }>(param, 'reverse_time_param');
    const [steps, streams] = x!.shape as [number, number];
    const ends = ops.cast(ops.reshape(lengths!, [streams]), 'int64');
    const y = ops.node('ReverseSequence', [x, ends], x!.shape, { time_axis: 0, batch_axis: 1 });
    if (given.copy_remaining) return [y];
    const times = ops.ints(
      Array.from({ length: steps }, (_, t) => t),
      [steps, 1],
    );
    const isInside = ops.less(times, ends);
    const over = ops.reshape(isInside, [steps, streams, ...x!.shape.slice(2).map(() => 1)]);
    return [ops.where(over, y, 0)];
  },
};
