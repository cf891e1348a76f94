/** HDF5Output: writes blobs to an HDF5 file. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer } from './shared/unsupported-layer.js';

/**
 * Writes its bottoms to an HDF5 file.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms data, (N, …); labels, (N, …)
 * @tops none
 * @source Caffe's hdf5_output_layer.cpp
 */
export class HDF5OutputLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'HDF5Output',
    origin: 'BVLC',
    family: 'other',
    doc: 'Writes its bottoms to an HDF5 file. Needs ntop: 0.',
    bottoms: ['data', 'labels'],
    tops: [],
    params: ['hdf5_output_param'],
    unsupported: {
      purpose: 'write an HDF5 file',
      instead: () => 'delete this layer: after forward() every blob can be read from net.blobs',
      shapes: () => [],
    },
  };
}
