/** upsampling: a Deconvolution that upsamples by a fixed kernel, but by another one than the model's. */
import type { ConvolutionParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { deterministicFill } from '../../engine/deterministic-fillers.js';
import { windowOf } from '../../layers/shared/window.js';
import { compare } from '../../compare/compare.js';
import { filled, mapped, type FloatTensor } from '../tensors.js';
import { edited, prototxtEdit } from './edits.js';
import type { Hypothesis, Suspect, Variant } from './hypothesis.js';
import { borderLines } from './numpy.js';

export const upsampling: Hypothesis = {
  id: 'upsampling',
  title: 'a deconvolution upsamples by another kernel: nearest, bilinear, or bilinear over all channels',
  async *variants(suspect): AsyncGenerator<Variant> {
    if (suspect.type !== 'Deconvolution') return;
    const given = suspect.param.convolution_param ?? {};
    const { num_output: channels, group } = resolve('ConvolutionParameter', given);
    const factor = windowOf(given, 2)[0]!.stride;
    if (suspect.bottoms[0]?.shape.length !== 4 || suspect.bottoms[0].shape[1] !== channels || factor < 2) return;
    const is = describeKernel(suspect, group);
    const explain = (should: string) => `this deconvolution is ${is}; the reference ${should}.`;

    const nearest = deconvolution(
      suspect,
      { kernel_size: [factor], stride: [factor] },
      { type: 'constant', value: 1 },
      channels,
    );
    yield {
      label: 'nearest',
      explanation: explain('upsamples by nearest neighbour, each channel on its own'),
      change: { param: nearest, blobs: 'filler' },
      fix: prototxtEdit(suspect, nearest),
    };
    const kernel = 2 * factor - (factor % 2);
    const pad = Math.ceil((factor - 1) / 2);
    const smooth = { kernel_size: [kernel], stride: [factor], ...(pad > 0 && { pad: [pad] }) };
    const bilinear = deconvolution(suspect, smooth, { type: 'bilinear' }, channels);
    yield {
      label: 'bilinear',
      explanation: explain('upsamples bilinearly, each channel on its own'),
      change: { param: bilinear, blobs: 'filler' },
      fix: prototxtEdit(suspect, bilinear),
    };
    // Where the kernel reaches over the border its weights do not add up to 1, and PyTorch repeats the border's values.
    const sums = await suspect.run({
      param: bilinear,
      blobs: 'filler',
      bottoms: [filled(suspect.bottoms[0].shape, 1)],
    });
    const [top = ''] = suspect.param.top ?? [];
    const name = `${suspect.name}_border`;
    const border = { name, type: 'Scale', bottom: [top], top: [top], scale_param: { axis: 2, num_axes: 2 } };
    const plane = sums.shape.slice(2);
    const factors = { shape: plane, data: sums.data.slice(0, plane[0]! * plane[1]!).map((sum) => 1 / sum) };
    const axes = [2, 3].map((axis) => ({ size: suspect.bottoms[0]!.shape[axis]!, kernel, stride: factor, pad }));
    // Where the layer is bilinear already, only the border is to be mended.
    const isBilinear = sameValues(await suspect.run({ param: bilinear, blobs: 'filler' }), suspect.output);
    yield {
      label: 'bilinear, border repeated',
      explanation: `${explain(
        'upsamples bilinearly and repeats the border (align_corners=False)',
      )} Caffe sees zeros outside: a Scale after the layer, whose blob holds the reciprocals of what the deconvolution makes of ones, mends the border for this input size.`,
      change: {
        ...(!isBilinear && { param: bilinear, blobs: 'filler' }),
        output: (y) => mapped(y, (v, i) => v / sums.data[i]!),
      },
      fix: prototxtEdit(suspect, isBilinear ? suspect.param : bilinear, border),
      values: { [name]: () => [factors] },
      numbers: borderLines(name, axes),
    };
    const dense = deconvolution(suspect, smooth, { type: 'bilinear' }, 1);
    yield {
      label: 'bilinear over all channels',
      explanation: explain('sums bilinear upsamplings of all channels in each (no group)'),
      change: { param: dense, blobs: 'filler' },
      fix: prototxtEdit(suspect, dense),
    };
  },
};

/** The layer with another fixed kernel; group 1 is not written. */
function deconvolution(
  { param }: Suspect,
  window: ConvolutionParameter,
  weight_filler: ConvolutionParameter['weight_filler'],
  group: number,
) {
  const convolution_param = edited(
    param.convolution_param,
    [
      ...(['kernel_size', 'kernel_h', 'kernel_w', 'stride', 'stride_h', 'stride_w', 'pad', 'pad_h', 'pad_w'] as const),
      ...(['group', 'dilation', 'bias_filler'] as const),
    ],
    { ...window, ...(group > 1 && { group }), bias_term: false, weight_filler },
  );
  // Settings of a bias that is no more.
  return { ...param, convolution_param, ...(param.param && { param: param.param.slice(0, 1) }) };
}

/** Whether two tensors are the same but for rounding. */
function sameValues(a: FloatTensor, b: FloatTensor): boolean {
  return a.data.length === b.data.length && compare(a.data, b.data, { rtol: 0, atol: 0 }).maxRel < 1e-5;
}

/** What the weights do, as far as it can be told from them. */
function describeKernel({ blobs }: Suspect, group: number): string {
  const { shape = [], data = new Float32Array() } = blobs[0] ?? {};
  const [channels = 1, , height, width] = shape;
  const isConstant = data.every((v) => v === data[0]);
  const bilinear = height === width ? deterministicFill(shape, { type: 'bilinear' }) : undefined;
  const isBilinear = bilinear?.every((v, i) => Math.abs(v - data[i]!) < 1e-6);
  const kind = isConstant ? 'nearest-neighbour' : isBilinear ? 'bilinear' : 'of a kernel of its own';
  return group === 1 && channels > 1
    ? `${kind} and dense: it has no group, so that each output channel is a sum over all ${channels} input channels`
    : kind;
}
