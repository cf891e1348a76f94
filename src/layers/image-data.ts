/** ImageData: reads image files. Not run here. */
import { resolve } from '../proto/message.js';
import type { LayerParameter } from '../generated/messages.js';
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, inputInstead } from './shared/unsupported-layer.js';

/**
 * Reads the images and labels that a list file names.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms none
 * @tops data, (batch_size, channels, height, width); label, (batch_size)
 * @source Caffe's image_data_layer.cpp
 */
export class ImageDataLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'ImageData',
    origin: 'BVLC',
    family: 'input',
    doc: 'Reads the images and labels that a list file names.',
    bottoms: [],
    tops: ['data', 'label'],
    params: ['image_data_param'],
    unsupported: { purpose: 'read image files named in a list', instead: inputInstead, shapes: shapesOf },
  };
}

/** Known where images are resized or cropped to a given size. */
function shapesOf({ image_data_param, transform_param }: LayerParameter): number[][] | undefined {
  const { batch_size, new_height, new_width, is_color } = resolve('ImageDataParameter', image_data_param);
  const { crop_size } = resolve('TransformationParameter', transform_param);
  const [height, width] = crop_size > 0 ? [crop_size, crop_size] : [new_height, new_width];
  return height > 0 && width > 0 ? [[batch_size, is_color ? 3 : 1, height, width], [batch_size]] : undefined;
}
