/** fit: numbers taken from the reference, channel by channel, by least squares. */
import { resolve } from '../../proto/message.js';
import { product } from '../../shapes.js';
import { channelsOf, eachByChannel, reshaped, type FloatTensor } from '../tensors.js';
import type { Suspect } from './hypothesis.js';

/** Values that a channel must have for a line through them to say something. */
const LEAST_VALUES = 8;

/** `reference ≈ slope · x + offset` for each channel. */
export interface Lines {
  slopes: Float64Array;
  offsets: Float64Array;
}

/** The line of each channel; undefined when there are too few values. A channel of one value has slope 0. */
export function linesByChannel(x: FloatTensor, reference: FloatTensor): Lines | undefined {
  const { outer, count, inner } = channelsOf(x.shape);
  const n = outer * inner;
  if (n < LEAST_VALUES || x.data.length !== reference.data.length) return undefined;
  const [meanX, meanY] = [new Float64Array(count), new Float64Array(count)];
  eachByChannel(x.shape, (i, c) => {
    meanX[c]! += x.data[i]! / n;
    meanY[c]! += reference.data[i]! / n;
  });
  const [xx, xy] = [new Float64Array(count), new Float64Array(count)];
  eachByChannel(x.shape, (i, c) => {
    const d = x.data[i]! - meanX[c]!;
    xx[c]! += d * d;
    xy[c]! += d * (reference.data[i]! - meanY[c]!);
  });
  const slopes = xy.map((v, c) => (xx[c]! > 0 ? v / xx[c]! : 0));
  return { slopes, offsets: meanY.map((mean, c) => mean - slopes[c]! * meanX[c]!) };
}

/** `slope · x + offset`, channel by channel. */
export function onLines(x: FloatTensor, { slopes, offsets }: Lines): FloatTensor {
  const data = new Float32Array(x.data.length);
  eachByChannel(x.shape, (i, c) => {
    data[i] = slopes[c]! * x.data[i]! + offsets[c]!;
  });
  return { shape: x.shape, data };
}

/** The axis of a layer's output along which its parameters lie: 1 for most. */
export function channelAxisOf({ type, param, blobs, output }: Suspect): number {
  const axis =
    type === 'InnerProduct'
      ? resolve('InnerProductParameter', param.inner_product_param).axis
      : type === 'Scale' && blobs[0]?.shape.length === 1
        ? resolve('ScaleParameter', param.scale_param).axis
        : type === 'Bias' && blobs[0]?.shape.length === 1
          ? resolve('BiasParameter', param.bias_param).axis
          : 1;
  return axis < 0 ? axis + output.shape.length : axis;
}

/** A tensor as what is before the axis, the axis, and what is behind it, so that its channels are those of the axis. */
export function asChannels(tensor: FloatTensor, axis: number): FloatTensor {
  const { shape } = tensor;
  if (axis === 1 || axis >= shape.length) return tensor;
  return reshaped(tensor, [product(shape, 0, axis), shape[axis]!, product(shape, axis + 1)]);
}
