/** Upsample of Sophgo: ONNX's Resize that repeats pixels, or ScatterElements by a mask. */
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import { UpsampleSophgoLayer } from '../../../layers/upsample-sophgo.js';
import { product } from '../../../shapes.js';
import type { LayerExport } from '../layer-export.js';
import { repeatPixels, unpoolByMask } from '../unpool.js';

export const upsampleSophgo: LayerExport = {
  layers: [UpsampleSophgoLayer],
  becomes: 'Resize that repeats pixels, or ScatterElements by a mask',
  isOneWay: true,
  emit: ({ ops, param, bottoms: [x, mask], topShapes: [shape] }) => {
    if (mask) return [unpoolByMask(ops, x!, mask, shape!)];
    const { scale = 1 } = settingsOf<{ scale: number }>(param, 'upsample_param');
    const [height, width] = shape!.slice(2) as [number, number];
    if (height === x!.shape[2]! * scale && width === x!.shape[3]! * scale) return [repeatPixels(ops, x!, shape!)];
    // The fork takes x to be as large as the top divided by the scale, and reads across rows and planes.
    const [rows, columns] = [Math.floor(height / scale), Math.floor(width / scale)];
    const sources: number[] = [];
    for (let plane = 0; plane < product(shape!, 0, 2); plane++)
      for (let h = 0; h < height; h++)
        for (let w = 0; w < width; w++)
          sources.push((plane * rows + Math.floor(h / scale)) * columns + Math.floor(w / scale));
    const flat = ops.reshape(x!, [product(x!.shape)]);
    return [ops.reshape(ops.gather(flat, ops.ints(sources), 0), shape!)];
  },
};
