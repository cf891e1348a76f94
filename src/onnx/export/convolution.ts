/** What the layers that convolve share: their window, and axes before the channels as a batch. */
import { windowOf, type WindowAxis } from '../../layers/shared/window.js';
import { product } from '../../shapes.js';
import type { ConvolutionParameter } from '../../generated/messages.js';
import type { AttributeInputs, Value } from './graph-builder.js';
import type { Ops } from './ops.js';

/** The window of a layer over the spatial axes of its bottom; a window of one element where there are none. */
export function spatialWindow(param: ConvolutionParameter | undefined, axes: number): WindowAxis[] {
  if (axes === 0) return [{ kernel: 1, stride: 1, pad: 0, dilation: 1 }];
  return windowOf(param ?? {}, axes);
}

/** The value as (batch, channels, spatial axes), one axis at least. */
export function asImages(ops: Ops, x: Value, axis: number): Value {
  const spatial = x.shape.slice(axis + 1);
  return ops.reshape(x, [product(x.shape, 0, axis), x.shape[axis]!, ...(spatial.length > 0 ? spatial : [1])]);
}

/**
 * The attributes of Conv. Padding behind is as much as the last window needs: Caffe's sizes are rounded towards 0.
 * @param sizes of the image and of the result along each spatial axis
 */
export function convAttributes(
  window: readonly WindowAxis[],
  sizes: readonly (readonly [image: number, output: number])[],
  group: number,
): AttributeInputs {
  const behind = window.map(({ kernel, stride, pad, dilation }, i) => {
    const [image, output] = sizes[i]!;
    return Math.max(pad, (output - 1) * stride + dilation * (kernel - 1) + 1 - image - pad);
  });
  return { ...windowAttributes(window), pads: [...window.map(({ pad }) => pad), ...behind], group };
}

export function windowAttributes(window: readonly WindowAxis[]): AttributeInputs {
  return {
    kernel_shape: window.map(({ kernel }) => kernel),
    strides: window.map(({ stride }) => stride),
    dilations: window.map(({ dilation }) => dilation),
  };
}
