/** AnnotatedData: reads images and boxes from a database. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, inputInstead } from './shared/unsupported-layer.js';

/**
 * Reads images and annotated boxes from an LMDB or LevelDB database.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms none
 * @tops data, (batch_size, channels, height, width); optionally label, the boxes
 * @source annotated_data_layer.cpp of weiliu89/caffe (SSD)
 */
export class AnnotatedDataLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'AnnotatedData',
    origin: 'SSD',
    family: 'input',
    doc: 'Reads images and annotated boxes from an LMDB or LevelDB database.',
    bottoms: [],
    tops: ['data', 'label?'],
    params: ['annotated_data_param', 'data_param'],
    unsupported: { purpose: 'read an LMDB or LevelDB database', instead: inputInstead },
  };
}
