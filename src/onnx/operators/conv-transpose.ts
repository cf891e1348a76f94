/** ConvTranspose: the transposed convolution. */
import { product } from '../../shapes.js';
import { weights } from '../emit/builder.js';
import { Refusal } from '../graph/attributes.js';
import type { NodeContext } from '../graph/node-context.js';
import type { Operator } from './operator.js';
import { growKernel, windowFields, type Growth } from './shared/convolution.js';
import { range } from './shared/layers.js';
import { extentOf, type WindowAxis } from './shared/window.js';

interface Axis extends WindowAxis {
  /** Size of the result. */
  readonly output: number;
}

function axesOf(c: NodeContext): Axis[] {
  const [x, w] = [c.shape(0), c.shape(1)];
  const { attributes } = c;
  const n = x.length - 2;
  if (n < 1 || w.length !== x.length || w[0] !== x[1])
    throw new Refusal(`weights of shape ${w.join('x')} do not fit an input of shape ${x.join('x')}`);
  const list = (name: string, otherwise: number, length = n): readonly number[] => {
    const given = attributes.ints(name) ?? Array.from({ length }, () => otherwise);
    if (given.length !== length) throw new Refusal(`${name}: expected ${length} values, got ${given.length}`);
    return given;
  };
  const [strides, dilations, more] = [list('strides', 1), list('dilations', 1), list('output_padding', 0)];
  if ([...strides, ...dilations].some((value) => value < 1))
    throw new Refusal('strides and dilations must be 1 or more');
  const auto = attributes.string('auto_pad', 'NOTSET');
  const given = attributes.ints('output_shape');
  // Some writers give the whole shape.
  const wanted = given && given.length === n + 2 ? given.slice(2) : given;
  const pads = list('pads', 0, 2 * n);
  return x.slice(2).map((size, i) => {
    const axis = { size, kernel: w[i + 2]!, stride: strides[i]!, dilation: dilations[i]! };
    const whole = axis.stride * (size - 1) + more[i]! + extentOf(axis);
    if (wanted || auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
      const output = wanted?.[i] ?? size * axis.stride;
      const total = Math.max(whole - output, 0);
      const [small, rest] = [total >> 1, total - (total >> 1)];
      return auto === 'SAME_UPPER'
        ? { ...axis, begin: small, end: rest, output }
        : { ...axis, begin: rest, end: small, output };
    }
    const [begin, end] = auto === 'VALID' ? [0, 0] : [pads[i]!, pads[n + i]!];
    return { ...axis, begin, end, output: whole - begin - end };
  });
}

export const convTranspose: Operator = {
  type: 'ConvTranspose',
  caffe: 'Deconvolution',
  grade: 'direct',
  notes: 'weights must be constant; output_padding and pads that differ at both ends enlarge the kernel by zeros',
  infer: (c) => [
    {
      type: c.type(0),
      shape: [c.shape(0)[0]!, c.shape(1)[1]! * c.attributes.int('group', 1), ...axesOf(c).map(({ output }) => output)],
    },
  ],
  evaluate: (c, [x, w, b]) => {
    const axes = axesOf(c);
    const group = c.attributes.int('group', 1);
    const [batch, channels] = x!.shape as [number, number];
    const perGroup = w!.shape[1]!;
    const filters = perGroup * group;
    const [sizes, kernels] = [axes.map(({ size }) => size), axes.map(({ kernel }) => kernel)];
    const [planes, taps, area] = [product(sizes), product(kernels), product(axes.map(({ output }) => output))];
    // Where each pair of input and kernel element goes; −1 is cut off.
    const places = new Int32Array(planes * taps);
    for (let i = 0; i < places.length; i++) {
      let [input, tap, place, step] = [Math.floor(i / taps), i % taps, 0, 1];
      for (let a = axes.length - 1; a >= 0 && place >= 0; a--) {
        const axis = axes[a]!;
        const at = (input % axis.size) * axis.stride + (tap % axis.kernel) * axis.dilation - axis.begin;
        place = at < 0 || at >= axis.output ? -1 : place + at * step;
        input = Math.floor(input / axis.size);
        tap = Math.floor(tap / axis.kernel);
        step *= axis.output;
      }
      places[i] = place;
    }
    const data = new Float64Array(batch * filters * area);
    for (let n = 0; n < batch; n++) {
      for (let f = 0; f < filters; f++)
        data.fill(b?.data[f] ?? 0, (n * filters + f) * area, (n * filters + f + 1) * area);
      for (let ch = 0; ch < channels; ch++) {
        const first = Math.floor(ch / (channels / group)) * perGroup;
        for (let f = 0; f < perGroup; f++) {
          const to = (n * filters + first + f) * area;
          for (let i = 0; i < places.length; i++) {
            const place = places[i]!;
            if (place < 0) continue;
            data[to + place]! +=
              x!.data[(n * channels + ch) * planes + Math.floor(i / taps)]! *
              w!.data[(ch * perGroup + f) * taps + (i % taps)]!;
          }
        }
      }
    }
    return [{ shape: [batch, filters, ...axes.map(({ output }) => output)], type: x!.type, data }];
  },
  emit: (c) => {
    const w = c.constant(1);
    const b = c.constant(2);
    if (!w || c.isComputed(2))
      throw new Refusal('the weights are computed while the model runs; a Deconvolution has constant ones');
    const axes = axesOf(c);
    const group = c.attributes.int('group', 1);
    const x = c.blob(0);
    const pads: number[] = [];
    const cuts: number[] = [];
    const growth: Growth[] = axes.map((axis) => {
      // The layer cuts `pad` at both ends of stride · (size − 1) + extent.
      const whole = axis.stride * (axis.size - 1) + extentOf(axis);
      const more = axis.output - (whole - 2 * axis.begin);
      const isExact = axis.begin >= 0 && more % axis.dilation === 0;
      if (isExact && more >= 0) {
        pads.push(axis.begin);
        cuts.push(0);
        return { before: 0, after: more / axis.dilation };
      }
      if (isExact) {
        const zeros = -more / axis.dilation;
        pads.push(axis.begin + zeros * axis.dilation);
        cuts.push(0);
        return { before: zeros, after: 0 };
      }
      // Zeros at the end until there is enough, then cut.
      const missing = Math.max(Math.ceil((axis.begin + axis.output - whole) / axis.dilation), 0);
      pads.push(0);
      cuts.push(axis.begin);
      return { before: 0, after: missing };
    });
    if (axes.some((axis) => axis.begin < 0)) throw new Refusal('pads are negative');
    const grown = axes.map((axis, i) => ({ ...axis, kernel: axis.kernel + growth[i]!.before + growth[i]!.after }));
    const outputs = w.shape[1]! * group;
    const fields = {
      num_output: outputs,
      ...windowFields(grown, pads),
      ...(group > 1 && { group }),
      ...(!b && { bias_term: false }),
    };
    const blobs = [
      {
        shape: [...w.shape.slice(0, 2), ...grown.map((axis) => axis.kernel)],
        values: () => growKernel(w.data, w.shape, growth),
      },
      ...(b ? [weights([outputs], b.data)] : []),
    ];
    const made = grown.map((axis, i) => axis.stride * (axis.size - 1) + extentOf(axis) - 2 * pads[i]!);
    let y = c.layer('Deconvolution', [x], fields, [x.shape[0]!, outputs, ...made], { blobs });
    axes.forEach(({ output }, i) => {
      if (made[i] !== output) y = range(c, y, i + 2, cuts[i]!, cuts[i]! + output);
    });
    c.set(y);
  },
};
