/** Im2col: ONNX's Conv whose kernels each copy one element of the window. */
import { Im2colLayer } from '../../../layers/im2col.js';
import { resolve } from '../../../proto/message.js';
import { axisIn } from '../axis.js';
import { asImages, convAttributes, spatialWindow } from '../convolution.js';
import type { LayerExport } from '../layer-export.js';

export const im2col: LayerExport = {
  layers: [Im2colLayer],
  becomes: 'Conv whose kernels each copy one element of the window',
  emit: ({ ops, param, bottoms: [bottom], topShapes: [top] }) => {
    const axis = axisIn(bottom!, resolve('ConvolutionParameter', param.convolution_param).axis);
    const window = spatialWindow(param.convolution_param, bottom!.shape.length - axis - 1);
    const x = asImages(ops, bottom!, axis);
    const channels = x.shape[1]!;
    const size = window.reduce((count, { kernel }) => count * kernel, 1);
    const one = new Float32Array(channels * size * size);
    for (let k = 0; k < channels * size; k++) one[k * size + (k % size)] = 1;
    const weight = ops.floats(one, [channels * size, 1, ...window.map(({ kernel }) => kernel)]);
    const outputs = top!.slice(axis + 1);
    const sizes = window.map((_, k) => [x.shape[k + 2]!, outputs[k]!] as const);
    const shape = [x.shape[0]!, channels * size, ...outputs];
    return [ops.reshape(ops.node('Conv', [x, weight], shape, convAttributes(window, sizes, channels)), top!)];
  },
};
