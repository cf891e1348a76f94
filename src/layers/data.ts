/** Data: reads images and labels from a database. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, inputInstead } from './shared/unsupported-layer.js';

/**
 * Reads images and labels from an LMDB or LevelDB database.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms none
 * @tops data, (batch_size, channels, height, width); optionally label, (batch_size)
 * @source Caffe's data_layer.cpp
 */
export class DataLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'Data',
    origin: 'BVLC',
    family: 'input',
    doc: 'Reads images and labels from a LevelDB or LMDB database.',
    bottoms: [],
    tops: ['data', 'label?'],
    params: ['data_param'],
    unsupported: { purpose: 'read an LMDB or LevelDB database', instead: inputInstead },
  };
}
