/** measures: what targets set limits to: numbers and settings of a layer, by name. */
import {
  EltwiseParameter_EltwiseOp as EltwiseOp,
  PoolingParameter_PoolMethod as PoolMethod,
  ReductionParameter_ReductionOp as ReductionOp,
  type LayerParameter,
} from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { settingsOf } from '../../layers/shared/fork-settings.js';
import { writtenSetting } from '../../layers/shared/window.js';
import { product } from '../../shapes.js';
import { isInPlace } from '../../proto/in-place.js';
import type { LintNet } from '../lint-net.js';
import type { MeasureName } from './target.js';

/** One value, or one for each axis. Undefined where the layer has none, or where it is not known. */
export type Measured = string | number | boolean | readonly number[] | undefined;

interface Measure {
  /** In words, for reports: `kernel`. */
  readonly title: string;
  readonly of: (layer: LayerParameter, net: LintNet) => Measured;
}

const input = (layer: LayerParameter, net: LintNet): readonly number[] | undefined => net.bottomShapes(layer)?.[0];
const output = (layer: LayerParameter, net: LintNet): readonly number[] | undefined => net.topShapes(layer)?.[0];

function nameOf(values: Readonly<Record<string, number>>, value: number | undefined): string | undefined {
  return Object.entries(values).find(([, each]) => each === value)?.[0];
}

/** A setting of the window of Convolution, Deconvolution or Pooling, along height and width. */
function windowSetting(layer: LayerParameter, stem: 'kernel' | 'stride' | 'pad'): readonly number[] | undefined {
  const { convolution_param: conv, pooling_param: pool } = layer;
  const param = conv ?? pool;
  if (!param || (pool?.global_pooling && stem === 'kernel')) return undefined;
  return writtenSetting(param, stem);
}

const kernelOf = (layer: LayerParameter) => windowSetting(layer, 'kernel');
const strideOf = (layer: LayerParameter) => windowSetting(layer, 'stride');

/** `axis` of the messages that have one. */
function axisOf({ concat_param, slice_param, softmax_param, inner_product_param, scale_param }: LayerParameter) {
  return [concat_param, slice_param, softmax_param, inner_product_param, scale_param].find((param) => param)?.axis;
}

export const MEASURES = {
  kernel: { title: 'the kernel', of: kernelOf },
  stride: { title: 'the stride', of: strideOf },
  pad: { title: 'the padding', of: (layer) => windowSetting(layer, 'pad') },
  dilation: { title: 'the dilation', of: ({ convolution_param: param }) => param?.dilation ?? 1 },
  kernelArea: {
    title: 'kernel height times width',
    of: (layer) => {
      const kernel = kernelOf(layer);
      return kernel && product(kernel);
    },
  },
  strideArea: {
    title: 'stride height times width',
    of: (layer) => {
      const stride = strideOf(layer);
      return stride && product(stride);
    },
  },
  /** Ascend's own figure for average pooling: Fh·Fw·32 + W·(31·sh + Fw). */
  averageBuffer: {
    title: 'kernel area · 32 + width · (31 · stride + kernel width)',
    of: (layer, net) => {
      const [kernel, stride, width] = [kernelOf(layer), strideOf(layer), input(layer, net)?.[3]];
      if (!kernel || !stride || width === undefined) return undefined;
      return product(kernel) * 32 + width * (31 * stride[0]! + kernel[1]!);
    },
  },
  hasTwoValues: {
    title: 'a kernel_size, stride or pad with two values',
    of: ({ convolution_param: param }) =>
      param && [param.kernel_size, param.stride, param.pad].some((values) => values && values.length > 1),
  },
  group: { title: 'group', of: ({ convolution_param: param }) => param?.group ?? 1 },
  poolMethod: {
    title: 'pool',
    of: ({ pooling_param: param }) => nameOf(PoolMethod, resolve('PoolingParameter', param).pool),
  },
  isGlobalPooling: { title: 'global_pooling', of: ({ pooling_param: param }) => param?.global_pooling ?? false },
  eltwiseOperation: {
    title: 'operation',
    of: ({ eltwise_param: param }) => nameOf(EltwiseOp, resolve('EltwiseParameter', param).operation),
  },
  reductionOperation: {
    title: 'operation',
    of: ({ reduction_param: param }) => nameOf(ReductionOp, resolve('ReductionParameter', param).operation),
  },
  topK: { title: 'top_k', of: ({ argmax_param: param }) => param?.top_k ?? 1 },
  power: { title: 'power', of: ({ power_param: param }) => param?.power ?? 1 },
  usesStoredStatistics: {
    title: 'use_global_stats',
    of: ({ batch_norm_param: param }) => param?.use_global_stats ?? false,
  },
  /** The `eta` of non-maximum suppression. */
  eta: { title: 'nms_param.eta', of: ({ detection_output_param: param }) => param?.nms_param?.eta ?? 1 },
  axis: { title: 'axis', of: (layer) => axisOf(layer) ?? 1 },
  isAxisNegative: { title: 'a negative axis', of: (layer) => (axisOf(layer) ?? 1) < 0 },
  /** For Softmax: whether its axis is the last one. */
  isAxisInnermost: {
    title: 'an innermost axis',
    of: (layer, net) => {
      const shape = input(layer, net);
      const axis = axisOf(layer) ?? 1;
      return shape && (axis < 0 ? axis + shape.length : axis) === shape.length - 1;
    },
  },
  transpose: { title: 'transpose', of: ({ inner_product_param: param }) => param?.transpose ?? false },
  bottoms: { title: 'the number of bottoms', of: ({ bottom = [] }) => bottom.length },
  tops: { title: 'the number of tops', of: ({ top = [] }) => top.length },
  isInPlace: { title: 'in place', of: (layer) => isInPlace(layer) },
  inputRank: { title: 'the number of axes of its bottom', of: (layer, net) => input(layer, net)?.length },
  outputRank: { title: 'the number of axes of its top', of: (layer, net) => output(layer, net)?.length },
  batch: { title: 'the batch size', of: (layer, net) => output(layer, net)?.[0] },
  inputChannels: { title: 'the channels of its bottom', of: (layer, net) => input(layer, net)?.[1] },
  outputChannels: { title: 'the channels of its top', of: (layer, net) => output(layer, net)?.[1] },
  inputSize: { title: 'height and width of its bottom', of: (layer, net) => input(layer, net)?.slice(2) },
  outputSize: { title: 'height and width of its top', of: (layer, net) => output(layer, net)?.slice(2) },
  inputArea: {
    title: 'height times width of its bottom',
    of: (layer, net) => {
      const shape = input(layer, net);
      return shape && product(shape.slice(2));
    },
  },
  outputDims: { title: 'every dimension of its top', of: (layer, net) => output(layer, net) },
  /** A convolution without groups and without dilation. */
  isPlainConvolution: {
    title: 'a convolution without group and dilation',
    of: ({ convolution_param: param }) =>
      param && (param.group ?? 1) === 1 && (param.dilation ?? []).every((each) => each === 1),
  },
  upsampleScale: {
    title: 'upsample_param.scale',
    of: (layer) => settingsOf<{ scale: number }>(layer, 'upsample_param').scale,
  },
  hasStateRules: {
    title: 'a rule for phase, level or stage',
    of: ({ include = [], exclude = [] }) => include.length + exclude.length > 0,
  },
} as const satisfies Record<MeasureName, Measure>;

/** A measure of a layer. */
export function measure(name: MeasureName, layer: LayerParameter, net: LintNet): Measured {
  return (MEASURES[name] as Measure).of(layer, net);
}
