/** HDF5Data: reads blobs from HDF5 files. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, inputInstead } from './shared/unsupported-layer.js';

/**
 * Reads the data sets of HDF5 files, one for each top.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms none
 * @tops one or more, each named as its data set, (batch_size, …)
 * @source Caffe's hdf5_data_layer.cpp
 */
export class HDF5DataLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'HDF5Data',
    origin: 'BVLC',
    family: 'input',
    doc: 'Reads blobs from HDF5 files; each top is named as its data set.',
    bottoms: [],
    tops: ['...datasets'],
    params: ['hdf5_data_param'],
    unsupported: { purpose: 'read HDF5 files', instead: inputInstead },
  };
}
