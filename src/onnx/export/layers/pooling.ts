/** Pooling: MaxPool and AveragePool, or the global ones. */
import { PoolingParameter_PoolMethod as Method, type PoolingParameter } from '../../../generated/messages.js';
import { PoolingLayer } from '../../../layers/pooling.js';
import { resolve } from '../../../proto/message.js';
import { product } from '../../../shapes.js';
import type { LayerExport } from '../layer-export.js';
import { averagePool, maxPool, type PoolAxis } from '../pooling.js';

export const pooling: LayerExport = {
  layers: [PoolingLayer],
  becomes: 'MaxPool and AveragePool, or the global ones',
  emit: ({ ops, param, bottoms: [x], topShapes }) => {
    const { pool, global_pooling: isGlobal } = resolve('PoolingParameter', param.pooling_param);
    const [shape] = topShapes as [number[]];
    if (isGlobal && topShapes.length === 1)
      return [ops.node(pool === Method.MAX ? 'GlobalMaxPool' : 'GlobalAveragePool', [x], shape)];
    const window = poolWindow(param.pooling_param, x!.shape);
    if (pool === Method.AVE) return [averagePool(ops, x!, shape, window)];
    const [y, found] = maxPool(ops, x!, shape, window, topShapes.length > 1);
    if (!found) return [y!];
    // ONNX counts through the whole blob, Caffe through one plane.
    const inPlane = ops.node('Mod', [found, ops.ints([product(x!.shape, 2)], [])], { shape, type: 'int64' });
    return [y!, ops.cast(inPlane, 'float')];
  },
};

/** The windows along height and width. */
export function poolWindow(given: PoolingParameter | undefined, [, , height, width]: readonly number[]): PoolAxis[] {
  const { kernel_size, kernel_h, kernel_w, pad_h, pad_w, stride_h, stride_w } = given ?? {};
  const { pad, stride, global_pooling: isGlobal } = resolve('PoolingParameter', given);
  const axis = (kernel: number, step: number, padding: number): PoolAxis => ({
    kernel,
    stride: step,
    before: padding,
    behind: padding,
  });
  return [
    axis(isGlobal ? height! : (kernel_size ?? kernel_h!), stride_h ?? stride, pad_h ?? pad),
    axis(isGlobal ? width! : (kernel_size ?? kernel_w!), stride_w ?? stride, pad_w ?? pad),
  ];
}
