/** Convolution, and the forks' layers that are one: ONNX's Conv. */
import { ConvolutionDepthwiseLayer } from '../../../layers/convolution-depthwise.js';
import { ConvolutionLayer } from '../../../layers/convolution.js';
import { DepthwiseConvolutionLayer } from '../../../layers/depthwise-convolution.js';
import { resolve } from '../../../proto/message.js';
import { axisIn } from '../axis.js';
import { asImages, convAttributes, spatialWindow } from '../convolution.js';
import type { LayerExport } from '../layer-export.js';

export const convolution: LayerExport = {
  layers: [ConvolutionLayer, ConvolutionDepthwiseLayer, DepthwiseConvolutionLayer],
  becomes: 'Conv',
  emit: ({ ops, layer, param, blob, bottoms, topShapes }) => {
    const { axis: given, group: groups } = resolve('ConvolutionParameter', param.convolution_param);
    const axis = axisIn(bottoms[0]!, given);
    const window = spatialWindow(param.convolution_param, bottoms[0]!.shape.length - axis - 1);
    // The fork's layer takes each channel for a group, whatever its settings say.
    const group = layer instanceof ConvolutionDepthwiseLayer ? bottoms[0]!.shape[axis]! : groups;
    const weight = layer.blobs[0]!.shape;
    const parameters = layer.blobs.map((_, i) => blob(i, i > 0 || weight.length > 2 ? undefined : [...weight, 1]));
    return bottoms.map((bottom, i) => {
      const x = asImages(ops, bottom, axis);
      const top = topShapes[i]!.slice(axis);
      const outputs = top.length > 1 ? top : [...top, 1];
      const sizes = window.map((_, k) => [x.shape[k + 2]!, outputs[k + 1]!] as const);
      const y = ops.node('Conv', [x, ...parameters], [x.shape[0]!, ...outputs], convAttributes(window, sizes, group));
      return ops.reshape(y, topShapes[i]!);
    });
  },
};
