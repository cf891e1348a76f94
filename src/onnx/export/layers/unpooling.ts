/** UnPooling of Cambricon: MatMul by a constant matrix for each of both axes, for what it does to them is linear and separate. */
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import {
  middleOf,
  overlaps,
  UnPoolingLayer,
  UnpoolMethod,
  unpoolingWindows,
  type UnPoolingSettings,
  type UnpoolingWindow,
} from '../../../layers/unpooling.js';
import type { LayerExport } from '../layer-export.js';

export const unpooling: LayerExport = {
  layers: [UnPoolingLayer],
  becomes: 'MatMul by a constant matrix, for each of both axes',
  emit: ({ ops, param, bottoms: [x, size], topShapes: [shape] }) => {
    const settings = settingsOf<UnPoolingSettings>(param, 'unpooling_param');
    const { unpool = UnpoolMethod.FIXED } = settings;
    const [h, w] = unpoolingWindows(settings, x!.shape, size?.shape);
    const [[height, width], [outHeight, outWidth]] = [x!, { shape: shape! }].map((each) => each.shape.slice(2)) as [
      [number, number],
      [number, number],
    ];
    const rows = ops.floats(spread(unpool, h, height, outHeight), [outHeight, height]);
    const columns = ops.floats(turned(spread(unpool, w, width, outWidth), outWidth, width), [width, outWidth]);
    return [ops.matMul(ops.matMul(rows, x!), columns)];
  },
};

/** The share of each element of an axis in each of the larger axis: a matrix (out, size). */
function spread(unpool: number, window: UnpoolingWindow, size: number, out: number): Float64Array {
  const matrix = new Float64Array(out * size);
  if (unpool === UnpoolMethod.FIXED) {
    // Where several meet, the last one stays.
    const last = new Map(Array.from({ length: size }, (_, i) => [middleOf(i, window, out), i]));
    for (const [place, i] of last) matrix[place * size + i] = 1;
    return matrix;
  }
  const counts = overlaps(size, out, window);
  for (let i = 0; i < size; i++) {
    const start = i * window.stride - window.pad;
    const end = Math.min(start + window.kernel, out + window.pad);
    const share = unpool === UnpoolMethod.DIV ? 1 / (end - start) : 1;
    for (let place = Math.max(start, 0); place < Math.min(end, out); place++)
      matrix[place * size + i] = share / counts[place]!;
  }
  return matrix;
}

function turned(matrix: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: matrix.length }, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]!);
}
