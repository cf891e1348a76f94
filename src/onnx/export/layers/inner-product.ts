/** InnerProduct: ONNX's Gemm of the flattened bottom. */
import { InnerProductLayer } from '../../../layers/inner-product.js';
import { resolve } from '../../../proto/message.js';
import { product } from '../../../shapes.js';
import { axisIn } from '../axis.js';
import type { LayerExport } from '../layer-export.js';

export const innerProduct: LayerExport = {
  layers: [InnerProductLayer],
  becomes: 'Gemm of the flattened bottom',
  emit: ({ ops, layer, param, blob, bottoms: [x], topShapes: [shape] }) => {
    const { axis: given, transpose } = resolve('InnerProductParameter', param.inner_product_param);
    const axis = axisIn(x!, given);
    const rows = ops.reshape(x!, [product(x!.shape, 0, axis), product(x!.shape, axis)]);
    const y = ops.gemm(rows, blob(0), layer.blobs.length > 1 ? blob(1) : undefined, !transpose);
    return [ops.reshape(y, shape!)];
  },
};
