/** Deconvolution: ONNX's ConvTranspose, which holds its weights the same way. */
import { DeconvolutionLayer } from '../../../layers/deconvolution.js';
import { resolve } from '../../../proto/message.js';
import { axisIn } from '../axis.js';
import { asImages, spatialWindow, windowAttributes } from '../convolution.js';
import type { LayerExport } from '../layer-export.js';

export const deconvolution: LayerExport = {
  layers: [DeconvolutionLayer],
  becomes: 'ConvTranspose, which holds its weights the same way',
  emit: ({ ops, layer, param, blob, bottoms, topShapes }) => {
    const { axis: given, group } = resolve('ConvolutionParameter', param.convolution_param);
    const axis = axisIn(bottoms[0]!, given);
    const window = spatialWindow(param.convolution_param, bottoms[0]!.shape.length - axis - 1);
    const weight = layer.blobs[0]!.shape;
    const parameters = layer.blobs.map((_, i) => blob(i, i > 0 || weight.length > 2 ? undefined : [...weight, 1]));
    const pads = window.map(({ pad }) => pad);
    const attributes = { ...windowAttributes(window), pads: [...pads, ...pads], group };
    return bottoms.map((bottom, i) => {
      const x = asImages(ops, bottom, axis);
      const top = topShapes[i]!.slice(axis);
      const outputs = top.length > 1 ? top : [...top, 1];
      return ops.reshape(
        ops.node('ConvTranspose', [x, ...parameters], [x.shape[0]!, ...outputs], attributes),
        topShapes[i]!,
      );
    });
  },
};
