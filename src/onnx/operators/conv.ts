/** Conv: convolution with constant weights, over any number of axes. */
import { product } from '../../shapes.js';
import { weights } from '../emit/builder.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { growKernel, windowFields, windows, type Growth } from './shared/convolution.js';
import { padAxis } from './shared/pad.js';
import { extentOf, windowAxes, windowCount, type WindowAxis } from './shared/window.js';

function axesOf(c: NodeContext): WindowAxis[] {
  const [x, w] = [c.shape(0), c.shape(1)];
  const group = c.attributes.int('group', 1);
  if (x.length < 3 || w.length !== x.length)
    throw new Refusal(`weights of shape ${w.join('x')} do not fit an input of shape ${x.join('x')}`);
  if (x[1] !== w[1]! * group || group < 1 || w[0]! % group !== 0)
    throw new Refusal(
      `weights of shape ${w.join('x')} in ${group} groups do not fit the ${x[1]!} channels of the input`,
    );
  const kernel = c.attributes.ints('kernel_shape');
  if (kernel && kernel.join() !== w.slice(2).join())
    throw new Refusal(`kernel_shape is ${kernel.join('x')}, the weights are ${w.join('x')}`);
  return windowAxes(c, w.slice(2));
}

export const conv: Operator = {
  type: 'Conv',
  caffe: 'Convolution',
  grade: 'direct',
  notes:
    'weights must be constant; pads that differ at both ends enlarge the kernel by zeros, or become Concat with DummyData',
  infer: (c) => [
    { type: c.type(0), shape: [c.shape(0)[0]!, c.shape(1)[0]!, ...axesOf(c).map((axis) => windowCount(axis))] },
  ],
  evaluate: (c, [x, w, b]) => {
    const axes = axesOf(c);
    const outputs = axes.map((axis) => windowCount(axis));
    const [batch, channels] = x!.shape as [number, number];
    const filters = w!.shape[0]!;
    const group = c.attributes.int('group', 1);
    const [inner, planes, kernels] = [channels / group, product(x!.shape, 2), product(w!.shape, 2)];
    const { starts, kernel, input } = windows(axes, outputs);
    const positions = starts.length - 1;
    const data = new Float64Array(batch * filters * positions);
    for (let n = 0; n < batch; n++)
      for (let f = 0; f < filters; f++) {
        const to = (n * filters + f) * positions;
        data.fill(b?.data[f] ?? 0, to, to + positions);
        for (let i = 0; i < inner; i++) {
          const from = (n * channels + Math.floor(f / (filters / group)) * inner + i) * planes;
          const weight = (f * inner + i) * kernels;
          for (let p = 0; p < positions; p++) {
            let sum = 0;
            for (let t = starts[p]!; t < starts[p + 1]!; t++)
              sum += w!.data[weight + kernel[t]!]! * x!.data[from + input[t]!]!;
            data[to + p]! += sum;
          }
        }
      }
    return [{ shape: [batch, filters, ...outputs], type: x!.type, data }];
  },
  emit: (c) => {
    const w = c.constant(1);
    const b = c.constant(2);
    if (!w || c.isComputed(2))
      throw new Refusal('the weights are computed while the model runs; a Convolution has constant ones');
    const axes = axesOf(c);
    const group = c.attributes.int('group', 1);
    let x = c.blob(0);
    const pads: number[] = [];
    const growth: Growth[] = [];
    axes.forEach((axis, i) => {
      const more = Math.abs(axis.end - axis.begin);
      const symmetric = { ...axis, end: axis.begin };
      if (axis.begin >= 0 && windowCount(symmetric) === windowCount(axis)) {
        // What lies behind the last window does not matter.
        pads.push(axis.begin);
        growth.push({ before: 0, after: 0 });
      } else if (axis.begin >= 0 && axis.end >= 0 && more % axis.dilation === 0 && extentOf(axis) > 1) {
        pads.push(Math.max(axis.begin, axis.end));
        const zeros = more / axis.dilation;
        growth.push(axis.end > axis.begin ? { before: zeros, after: 0 } : { before: 0, after: zeros });
      } else {
        x = padAxis(c, x, i + 2, axis.begin, axis.end, 0);
        pads.push(0);
        growth.push({ before: 0, after: 0 });
      }
    });
    const grown = axes.map((axis, i) => ({ ...axis, kernel: axis.kernel + growth[i]!.before + growth[i]!.after }));
    const shape = [...w.shape.slice(0, 2), ...grown.map((axis) => axis.kernel)];
    const fields = {
      num_output: w.shape[0],
      ...windowFields(grown, pads),
      ...(group > 1 && { group }),
      ...(!b && { bias_term: false }),
    };
    const blobs = [
      { shape, values: () => growKernel(w.data, w.shape, growth) },
      ...(b ? [weights([w.shape[0]!], b.data)] : []),
    ];
    c.set(c.layer('Convolution', [x], fields, c.output().shape, { blobs }));
  },
};
