/** How PyTorch's modules hold the matrices of layers, and matrices that lie the other way round. */
import { asFloat32 } from '../../elements.js';
import type { WeightLayout } from '../../../layers/facts.js';
import { factsOf } from '../../../layers/registry.js';
import { sameShape } from '../../../shapes.js';
import type { ParamBlob, Recipe } from '../map.js';
import { applyAll, parseTransform, shapeAfter } from '../transforms.js';

/** How PyTorch's module of the same kind holds the weights of a layer. */
export function moduleLayout({ layer, shapes }: ParamBlob): WeightLayout | undefined {
  const layout = factsOf(layer, { blobs: shapes })?.weights?.(layer);
  return layout && { ...layout, inputsFirst: layout.inputsFirst !== layout.transposed };
}

export const TRANSPOSE = [parseTransform('transpose')];

/** A matrix turned around, unless its shape says that it lies as the layer wants it: another Caffe's weights do. */
export function transposedOf(name: string, wanted: readonly number[]): Recipe {
  const lies = (shape: readonly number[]) => sameShape(shape, wanted) && shape[0] !== shape[1];
  return {
    inputs: [{ name }],
    operation: 'transpose',
    shapeOf: ([shape]) => (lies(shape!) ? shape! : shapeAfter(TRANSPOSE, [shape!])),
    compute: ([data], _count, [shape]) =>
      asFloat32(lies(shape!) ? data! : applyAll(TRANSPOSE, [{ data: data!, shape: shape! }]).data),
  };
}
