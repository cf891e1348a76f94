/** Resize: nearest, linear and cubic, along any axes. */
import { sameShape } from '../../shapes.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { emitResize, type AxisMap } from './shared/emit-resize.js';
import { mixNumbers, resizeMatrix, type ResizeAxis, type ResizeRule } from './shared/resample.js';

export function ruleOf(c: NodeContext): ResizeRule {
  const { attributes, opset } = c;
  const mode = attributes.string('mode', 'nearest');
  if (mode !== 'nearest' && mode !== 'linear' && mode !== 'cubic')
    throw new Refusal(`mode '${mode}' is none that ONNX has`);
  return {
    mode,
    // Opset 10 has no such attribute, and means this.
    coordinates: opset < 11 ? 'asymmetric' : attributes.string('coordinate_transformation_mode', 'half_pixel'),
    nearest: opset < 11 ? 'floor' : attributes.string('nearest_mode', 'round_prefer_floor'),
    cubicA: attributes.float('cubic_coeff_a', -0.75),
    excludeOutside: attributes.int('exclude_outside', 0) !== 0,
    antialias: attributes.int('antialias', 0) !== 0,
  };
}

/** Sizes and scales of all axes. */
function axesOf(c: NodeContext): ResizeAxis[] {
  const shape = c.shape(0);
  const rank = shape.length;
  const [scalesAt, sizesAt] = c.opset < 11 ? [1, -1] : [2, 3];
  const axes = (c.attributes.ints('axes') ?? shape.map((_, axis) => axis)).map((axis) => c.axis(axis, rank));
  const spread = (values: readonly number[], otherwise: (axis: number) => number): number[] => {
    if (values.length !== axes.length)
      throw new Refusal(`expected ${axes.length} scales or sizes, got ${values.length}`);
    return shape.map((_, axis) => (axes.includes(axis) ? values[axes.indexOf(axis)]! : otherwise(axis)));
  };
  const sizes = sizesAt >= 0 && c.constant(sizesAt)?.data.length !== 0 ? knownNumbers(c, sizesAt) : undefined;
  const policy = c.attributes.string('keep_aspect_ratio_policy', 'stretch');
  if (sizes) {
    const wanted = spread(sizes, (axis) => shape[axis]!);
    if (policy === 'stretch')
      return shape.map((size, axis) => ({ size, output: wanted[axis]!, scale: wanted[axis]! / size }));
    const ratios = axes.map((axis) => wanted[axis]! / shape[axis]!);
    const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
    return shape.map((size, axis) =>
      axes.includes(axis) ? { size, output: Math.floor(scale * size + 0.5), scale } : { size, output: size, scale: 1 },
    );
  }
  const scales = knownNumbers(c, scalesAt);
  if (scales && scales.length > 0) {
    const each = spread(scales, () => 1);
    return shape.map((size, axis) => ({ size, output: Math.floor(size * each[axis]!), scale: each[axis]! }));
  }
  // What is an input of the model: by the shape that the file declares for the result.
  const declared = c.values.declared?.(c.node.outputs[0]!);
  if (declared?.length === rank)
    return shape.map((size, axis) => ({ size, output: declared[axis]!, scale: declared[axis]! / size }));
  throw new Refusal('scales and sizes are missing, or computed while the model runs');
}

function knownNumbers(c: NodeContext, index: number): number[] | undefined {
  const tensor = c.constant(index);
  return tensor ? [...tensor.data] : undefined;
}

function mapsOf(c: NodeContext): AxisMap[] {
  const rule = ruleOf(c);
  return axesOf(c).flatMap((axis, i) =>
    axis.size === axis.output && axis.scale === 1
      ? []
      : [{ axis: i, size: axis.size, output: axis.output, matrix: resizeMatrix(rule, axis) }],
  );
}

export const resize: Operator = {
  type: 'Resize',
  caffe:
    'nearest ×k: Deconvolution by ones; linear ×k: Deconvolution and Scale; else Convolution and InnerProduct, a linear map for each axis',
  grade: 'cheap',
  notes: 'tf_crop_and_resize is refused',
  infer: (c) => {
    if (ruleOf(c).coordinates === 'tf_crop_and_resize')
      throw new Refusal("coordinate_transformation_mode 'tf_crop_and_resize'");
    return [{ type: c.type(0), shape: axesOf(c).map(({ output }) => output) }];
  },
  evaluate: (c, [x]) => {
    let { shape } = x!;
    let data: ArrayLike<number> = x!.data;
    for (const { axis, output, matrix } of mapsOf(c)) {
      data = mixNumbers(data, shape, axis, matrix, output);
      shape = shape.with(axis, output);
    }
    return [{ shape, type: x!.type, data: Float64Array.from(data) }];
  },
  emit: (c) => {
    const x = c.blob(0);
    if (sameShape(c.output().shape, c.shape(0)) && mapsOf(c).length === 0) c.set(x);
    else c.set(emitResize(c, x, mapsOf(c), ruleOf(c)));
  },
};
