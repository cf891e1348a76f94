/** Upsample: what Resize was before opset 10. */
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { emitResize, type AxisMap } from './shared/emit-resize.js';
import { mixNumbers, resizeMatrix, type ResizeRule } from './shared/resample.js';

function ruleOf(c: NodeContext): ResizeRule {
  const mode = c.attributes.string('mode', 'nearest');
  const name = mode === 'bilinear' ? 'linear' : mode;
  if (name !== 'nearest' && name !== 'linear') throw new Refusal(`mode '${mode}' is none that ONNX has`);
  return {
    mode: name,
    coordinates: 'asymmetric',
    nearest: 'floor',
    cubicA: -0.75,
    excludeOutside: false,
    antialias: false,
  };
}

function mapsOf(c: NodeContext): { shape: number[]; maps: AxisMap[] } {
  const shape = c.shape(0);
  const { attributes } = c;
  let scales: readonly number[] | undefined =
    attributes.floats('scales') ?? (c.constant(1) && [...c.constant(1)!.data]);
  const [h, w] = [attributes.float('height_scale'), attributes.float('width_scale')];
  if (!scales && h !== undefined && w !== undefined) scales = [1, 1, h, w];
  // Scales that are an input of the model: by the shape that the file declares for the result.
  const declared = scales ? undefined : c.values.declared?.(c.node.outputs[0]!);
  scales ??= declared?.map((dim, axis) => dim / (shape[axis] ?? dim));
  if (scales?.length !== shape.length) throw new Refusal('the scales are missing, or computed while the model runs');
  const given = scales;
  const outputs = shape.map((dim, axis) => Math.floor(dim * given[axis]!));
  const rule = ruleOf(c);
  const maps = shape.flatMap((size, axis) => {
    const scale = given[axis]!;
    return scale === 1
      ? []
      : [{ axis, size, output: outputs[axis]!, matrix: resizeMatrix(rule, { size, output: outputs[axis]!, scale }) }];
  });
  return { shape: outputs, maps };
}

export const upsample: Operator = {
  type: 'Upsample',
  caffe: 'as Resize',
  grade: 'direct',
  infer: (c) => [{ type: c.type(0), shape: mapsOf(c).shape }],
  evaluate: (c, [x]) => {
    let { shape } = x!;
    let data: ArrayLike<number> = x!.data;
    for (const { axis, output, matrix } of mapsOf(c).maps) {
      data = mixNumbers(data, shape, axis, matrix, output);
      shape = shape.with(axis, output);
    }
    return [{ shape, type: x!.type, data: Float64Array.from(data) }];
  },
  emit: (c) => c.set(emitResize(c, c.blob(0), mapsOf(c).maps, ruleOf(c))),
};
