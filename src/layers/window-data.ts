/** WindowData: reads windows of images. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, inputInstead } from './shared/unsupported-layer.js';

/**
 * Reads windows of images that a window file lists, as R-CNN trains on.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms none
 * @tops data, (batch_size, channels, crop_size, crop_size); label, (batch_size)
 * @source Caffe's window_data_layer.cpp
 */
export class WindowDataLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'WindowData',
    origin: 'BVLC',
    family: 'input',
    doc: 'Reads windows of images that a window file lists, as R-CNN trains on.',
    bottoms: [],
    tops: ['data', 'label'],
    params: ['window_data_param'],
    unsupported: { purpose: 'read image windows named in a list', instead: inputInstead },
  };
}
