/**
 * Layer types that Caffe has and this runtime has not: those that read a database or files, or run Python. Nets that
 * contain them parse, print and convert as any other; running one is refused here, with what to put in its place.
 */
import { NetspecError } from '../errors.js';
import type { LayerParameter } from '../generated/messages.js';
import { Layer } from './layer.js';

/** What each type would do, as the end of "… layers <this>". */
const PURPOSE = {
  Data: 'read an LMDB or LevelDB database',
  HDF5Data: 'read HDF5 files',
  HDF5Output: 'write an HDF5 file',
  ImageData: 'read image files named in a list',
  Python: 'run a Python class',
  WindowData: 'read image windows named in a list',
} as const;

/**
 * Data, HDF5Data, HDF5Output, ImageData, Python, WindowData: refused when a net is built.
 *
 * @formula none: building a Net throws and says what to write instead
 * @bottoms any
 * @tops any
 * @source Caffe's layers of these names need LMDB, LevelDB, HDF5, OpenCV or Python
 */
export class UnsupportedLayer extends Layer {
  override readonly bottomCount = {};
  override readonly topCount = {};

  override setUp(): never {
    return this.refuse();
  }

  override reshape(): never {
    return this.refuse();
  }

  override forward(): never {
    return this.refuse();
  }

  private refuse(): never {
    const purpose = PURPOSE[this.type as keyof typeof PURPOSE];
    throw new NetspecError(`${this.type} layers ${purpose}, which netspec does not run`, {
      hint: replacementHint(this.param),
      layer: { name: this.name, type: this.type },
    });
  }
}

function replacementHint(param: LayerParameter): string {
  switch (param.type) {
    case 'HDF5Output':
      return 'delete this layer: after forward() every blob can be read from net.blobs';
    case 'Python':
      return 'write the layer in TypeScript and register it with registerLayer(), or cut the net before it';
    default:
      return `replace it with an Input layer and set its blobs before forward(): ${inputLayerFor(param)}`;
  }
}

/** An Input layer with the same tops, its sizes filled in as far as the data layer tells them. */
function inputLayerFor(param: LayerParameter): string {
  const { data_param, image_data_param, window_data_param, hdf5_data_param, transform_param } = param;
  const batch = (data_param ?? image_data_param ?? window_data_param ?? hdf5_data_param)?.batch_size ?? 'N';
  const crop = transform_param?.crop_size ?? data_param?.crop_size ?? window_data_param?.crop_size;
  const height = crop ?? image_data_param?.new_height ?? 'H';
  const width = crop ?? image_data_param?.new_width ?? 'W';
  const tops = param.top ?? [];
  const shapes = tops.map((_, i) => (i === 0 ? [batch, 'C', height, width] : [batch]));
  return [
    `layer { name: "${param.name ?? ''}" type: "Input"`,
    ...tops.map((top) => `top: "${top}"`),
    `input_param {`,
    ...shapes.map((dims) => `shape { ${dims.map((d) => `dim: ${d}`).join(' ')} }`),
    '} }',
  ].join(' ');
}
