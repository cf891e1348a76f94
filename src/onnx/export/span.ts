/** What Scale and Bias share: a blob that spans some axes of the bottom and is repeated along the others. */
import { axisIn } from './axis.js';
import type { Value } from './graph-builder.js';
import type { ExportContext } from './layer-export.js';
import { spanning } from './ops.js';

/**
 * The second bottom, or the layer's blob where there is none, in the shape in which ONNX repeats it as Caffe does.
 * @param blob index of the parameter blob; undefined for the second bottom
 */
export function spanningValue(
  { ops, layer, bottoms: [x, second], blob: parameter }: ExportContext,
  axis: number,
  blob: number | undefined,
): Value {
  const { shape } = blob === undefined ? second! : layer.blobs[blob]!;
  const over = spanning(shape, axisIn(x!, axis), x!.shape.length);
  return blob === undefined ? ops.reshape(second!, over) : parameter(blob, over);
}
