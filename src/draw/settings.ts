/** settings: the few settings of a layer that belong on a drawing. */
import {
  EltwiseParameter_EltwiseOp as EltwiseOp,
  PoolingParameter_PoolMethod as PoolMethod,
  type ConvolutionParameter,
  type LayerParameter,
  type PoolingParameter,
} from '../generated/messages.js';
import { resolve } from '../proto/message.js';

/** `3x3/2 pad 1 group 32` of a convolution, `MAX 3x3/2` of a pooling, `1000` of an inner product; '' of most others. */
export function layerSettings(layer: LayerParameter): string {
  switch (layer.type) {
    case 'Convolution':
    case 'Deconvolution':
      return layer.convolution_param ? ofConvolution(layer.convolution_param) : '';
    case 'Pooling':
      return layer.pooling_param ? ofPooling(layer.pooling_param) : '';
    case 'InnerProduct':
      return String(layer.inner_product_param?.num_output ?? '');
    case 'Eltwise':
      return nameOf(EltwiseOp, resolve('EltwiseParameter', layer.eltwise_param).operation);
    case 'Concat':
      return `axis ${resolve('ConcatParameter', layer.concat_param).axis}`;
    default:
      return '';
  }
}

function ofConvolution(param: ConvolutionParameter): string {
  const { group } = resolve('ConvolutionParameter', param);
  const both = (h: number | undefined, w: number | undefined, list: readonly number[] | undefined) =>
    h !== undefined || w !== undefined ? [h ?? 0, w ?? 0] : (list ?? []);
  return words(
    both(param.kernel_h, param.kernel_w, param.kernel_size),
    both(param.stride_h, param.stride_w, param.stride),
    both(param.pad_h, param.pad_w, param.pad),
    [
      ...(param.dilation?.some((d) => d !== 1) ? [`dilation ${joined(param.dilation)}`] : []),
      ...(group === 1 ? [] : [`group ${group}`]),
    ],
  );
}

function ofPooling(param: PoolingParameter): string {
  const { pool, global_pooling: global, stride, pad } = resolve('PoolingParameter', param);
  const method = nameOf(PoolMethod, pool);
  if (global) return `${method} global`;
  const size = param.kernel_size ?? 0;
  return `${method} ${words(
    [param.kernel_h ?? size, param.kernel_w ?? size],
    [param.stride_h ?? stride, param.stride_w ?? stride],
    [param.pad_h ?? pad, param.pad_w ?? pad],
    [],
  )}`;
}

function words(
  kernel: readonly number[],
  stride: readonly number[],
  pad: readonly number[],
  more: readonly string[],
): string {
  const [first] = kernel;
  const size = kernel.length === 1 ? `${first!}x${first!}` : kernel.join('x');
  const step = stride.some((s) => s !== 1) ? `/${joined(stride)}` : '';
  const padding = pad.some((p) => p !== 0) ? [`pad ${joined(pad)}`] : [];
  return [size + step, ...padding, ...more].join(' ');
}

/** One number where all are the same. */
function joined(values: readonly number[]): string {
  return values.every((value) => value === values[0]) ? String(values[0]) : values.join('x');
}

function nameOf(names: Readonly<Record<string, number | string>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value);
}
