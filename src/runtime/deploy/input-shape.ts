/** The shape of an Input layer that stands for a layer which reads training data. */
import { NetspecError } from '../../errors.js';
import type { LayerParameter } from '../../generated/messages.js';
import { nameAndType } from '../../proto/derive.js';
import { resolve } from '../../proto/message.js';

/** A shape, and what of it was taken for granted. */
export interface InputShape {
  readonly shape: readonly number[];
  readonly assumed?: string;
}

/** A pair of sizes of which both are given. */
function size(height: number | undefined, width: number | undefined): [number, number] | undefined {
  return height && width ? [height, width] : undefined;
}

/**
 * Shape of one image as a data layer hands it on, in a batch of one.
 * @param consumers the layers that read it, whose weights tell the channels where nothing else does
 * @throws NetspecError where the layer does not say the size
 */
export function imageShape(layer: LayerParameter, top: string, consumers: readonly LayerParameter[]): InputShape {
  const { memory_data_param: memory, image_data_param: image, transform_param } = layer;
  const transform = resolve('TransformationParameter', transform_param);
  const crop = size(transform.crop_size, transform.crop_size);
  if (memory) {
    const { channels, height, width } = resolve('MemoryDataParameter', memory);
    return { shape: [1, channels, ...(crop ?? [height, width])] };
  }
  const resized = (transform_param as { resize_param?: { height?: number; width?: number } } | undefined)?.resize_param;
  const found = crop ?? size(image?.new_height, image?.new_width) ?? size(resized?.height, resized?.width);
  if (!found)
    throw new NetspecError(`its prototxt does not say how large '${top}' is`, {
      layer: nameAndType(layer),
      code: 'unknown-input-shape',
    });
  const channels = channelsOf(layer, consumers);
  if (channels !== undefined) return { shape: [1, channels, ...found] };
  return { shape: [1, 3, ...found], assumed: '3 channels' };
}

/** How many channels the layer gives, as far as that can be told. */
function channelsOf({ transform_param, image_data_param }: LayerParameter, consumers: readonly LayerParameter[]) {
  const { mean_value, force_gray, force_color } = resolve('TransformationParameter', transform_param);
  if (mean_value.length > 1) return mean_value.length;
  if (force_gray || image_data_param?.is_color === false) return 1;
  if (force_color || image_data_param) return 3;
  for (const { type, blobs, convolution_param } of consumers) {
    const [, inputs] = blobs?.[0]?.shape?.dim ?? [];
    if (type === 'Convolution' && inputs !== undefined) return inputs * (convolution_param?.group ?? 1);
  }
  return undefined;
}
