/** What it may mean that a source has nothing for a blob. */
import { blobFactsOf } from '../../layers/facts.js';
import { factsOf } from '../../layers/registry.js';
import type { LayerParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import type { TensorInfo } from '../source.js';
import type { Target } from './net-to-fill.js';

const STATISTICS = /(^|[._/])((running|moving)_)?(mean|var(iance)?)(:0)?$/;

/** What to do about a blob without a tensor; undefined where nothing is known. */
export function missingAdvice(
  { layer, shapes }: Target,
  blob: number,
  tensors: readonly TensorInfo[],
): string | undefined {
  const kernels = kernelAdvice(layer, shapes[0]?.[0]);
  if (kernels !== undefined && blob === 0) return kernels;
  const role = blobFactsOf(factsOf(layer, { blobs: shapes }), layer, blob)?.role;
  if (role !== 'mean' && role !== 'variance') return undefined;
  if (layer.type !== 'BatchNorm' || tensors.some(({ name }) => STATISTICS.test(name))) return undefined;
  return (
    'the source has no statistics at all: save the state dict, which holds them, and not named_parameters(); a module with ' +
    "track_running_stats=False has none and normalizes by each batch's own: batch_norm_param { use_global_stats: false }"
  );
}

/**
 * A Deconvolution without bias whose kernels are as large as its steps and fit together without gaps is what stands for
 * PixelShuffle: there are no weights of it anywhere.
 */
function kernelAdvice(
  { name = '', type, convolution_param }: LayerParameter,
  channels: number | undefined,
): string | undefined {
  if (type !== 'Deconvolution') return undefined;
  const { num_output, bias_term, group, kernel_size, stride, kernel_h, pad } = resolve(
    'ConvolutionParameter',
    convolution_param,
  );
  const [size] = kernel_size;
  if (bias_term || group !== num_output || size === undefined || size < 2 || kernel_h !== 0) return undefined;
  if (kernel_size.length > 1 || stride.length !== 1 || stride[0] !== size || pad.some((each) => each !== 0))
    return undefined;
  if (channels !== num_output * size ** 2) return undefined;
  return (
    `where the layer stands for PixelShuffle(${size}) it has no weights in the source: a rule makes its kernels, ` +
    `{ "layer": "${name}", "blob": 0, "pixelShuffle": ${size} }`
  );
}
