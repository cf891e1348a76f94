/**
 * What is measured: detection-v2, its body, and single layers of the kinds that nets are made of.
 */

/** A net of one layer, with random weights. */
export interface LayerCase {
  name: string;
  /** Shape of its bottom. */
  input: readonly number[];
  /** Its type and settings, as in a prototxt. */
  layer: string;
}

const conv = (param: string): string => `type: "Convolution" convolution_param { bias_term: false ${param} }`;
const deconv = (param: string): string => `type: "Deconvolution" convolution_param { bias_term: false ${param} }`;
const inner = (param: string): string => `type: "InnerProduct" inner_product_param { ${param} }`;

export const LAYER_CASES: readonly LayerCase[] = [
  { name: '3x3 1024→1024', input: [1, 1024, 60, 72], layer: conv('num_output: 1024 kernel_size: 3 pad: 1') },
  { name: '3x3 256→256', input: [1, 256, 30, 36], layer: conv('num_output: 256 kernel_size: 3 pad: 1') },
  { name: '3x3 64→64', input: [1, 64, 120, 144], layer: conv('num_output: 64 kernel_size: 3 pad: 1') },
  { name: '3x3 512→512 small', input: [1, 512, 15, 18], layer: conv('num_output: 512 kernel_size: 3 pad: 1') },
  { name: '1x1 64→256', input: [1, 64, 120, 144], layer: conv('num_output: 256 kernel_size: 1') },
  { name: '1x1 1024→256', input: [1, 1024, 30, 36], layer: conv('num_output: 256 kernel_size: 1') },
  { name: '1x1 2048→512 small', input: [1, 2048, 15, 18], layer: conv('num_output: 512 kernel_size: 1') },
  { name: '1x1 stride 2', input: [1, 256, 120, 144], layer: conv('num_output: 512 kernel_size: 1 stride: 2') },
  { name: '7x7 stem', input: [1, 3, 480, 576], layer: conv('num_output: 64 kernel_size: 7 stride: 2 pad: 3') },
  { name: '3x3 32 groups', input: [1, 256, 60, 72], layer: conv('num_output: 256 kernel_size: 3 pad: 1 group: 32') },
  { name: '3x3 depthwise', input: [1, 256, 60, 72], layer: conv('num_output: 256 kernel_size: 3 pad: 1 group: 256') },
  {
    name: '3x3 depthwise stride 2',
    input: [1, 256, 60, 72],
    layer: conv('num_output: 256 kernel_size: 3 pad: 1 group: 256 stride: 2'),
  },
  {
    name: 'deconv 2x2 depthwise',
    input: [1, 1024, 30, 36],
    layer: deconv('num_output: 1024 kernel_size: 2 stride: 2 group: 1024'),
  },
  {
    name: 'deconv 4x4 dense',
    input: [1, 1024, 30, 36],
    layer: deconv('num_output: 1024 kernel_size: 4 stride: 2 pad: 1'),
  },
  { name: 'inner product, 1 row', input: [1, 4096], layer: inner('num_output: 4096') },
  { name: 'inner product, 64 rows', input: [64, 4096], layer: inner('num_output: 4096') },
  {
    name: 'max pooling 3x3/2',
    input: [1, 64, 240, 288],
    layer: 'type: "Pooling" pooling_param { kernel_size: 3 stride: 2 }',
  },
  { name: 'softmax', input: [1, 21, 240, 288], layer: 'type: "Softmax"' },
  { name: 'LRN', input: [1, 96, 55, 55], layer: 'type: "LRN" lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }' },
];

/** The layers of a quick run: one of each kind. */
export const QUICK_LAYERS: readonly string[] = ['3x3 256→256', '1x1 1024→256', '7x7 stem', '3x3 depthwise'];

/**
 * The prototxt of a layer's net. Its input is a row that a Reshape, which costs nothing, takes apart: OpenCV's WebAssembly
 * build cannot be given blobs of four axes.
 */
export function layerNet({ name, input, layer }: LayerCase): string {
  const dims = (shape: readonly number[]): string => shape.map((dim) => `dim: ${dim}`).join(' ');
  const count = input.reduce((product, dim) => product * dim, 1);
  return `name: "${name}"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: ${count} } } }
layer { name: "r" type: "Reshape" bottom: "x" top: "r" reshape_param { shape { ${dims(input)} } } }
layer { name: "y" bottom: "r" top: "y" ${layer} }
`;
}
