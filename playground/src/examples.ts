/** examples: nets to open, the program that writes each, and a first sight of what netspec does. */
import { PoolingParameter_PoolMethod } from '../../src/generated/messages.js';
import { detectionV2 } from '../../src/nets/detection-v2.js';
import { lenet } from '../../src/nets/lenet.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';

export interface Example {
  readonly title: string;
  readonly text: () => string;
  /** The net that this one should be: its values are the references to compare with. */
  readonly original?: () => string;
}

/** A net whose weights its fillers compute: a blur, and twice its size by interpolation. */
const FILTERS = `# Weights by formula: the constant filler averages 5x5 pixels, the bilinear one
# doubles the size. Edges are what a blur takes away.
name: "filters"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 1 dim: 48 dim: 64 } } }
layer {
  name: "blur"
  type: "Convolution"
  bottom: "data"
  top: "blur"
  convolution_param {
    num_output: 1
    kernel_size: 5
    pad: 2
    bias_term: false
    weight_filler { type: "constant" value: 0.04 }
  }
}
layer {
  name: "edges"
  type: "Eltwise"
  bottom: "data"
  bottom: "blur"
  top: "edges"
  eltwise_param { operation: SUM coeff: 1 coeff: -1 }
}
layer { name: "strength" type: "AbsVal" bottom: "edges" top: "strength" }
layer {
  name: "large"
  type: "Deconvolution"
  bottom: "strength"
  top: "large"
  convolution_param {
    num_output: 1
    kernel_size: 4
    stride: 2
    pad: 1
    bias_term: false
    weight_filler { type: "bilinear" }
  }
}
`;

/** LeNet with averages where it has maxima. */
function faulty(): string {
  const net = lenet();
  net.layer!.find(({ name }) => name === 'pool2')!.pooling_param!.pool = PoolingParameter_PoolMethod.AVE;
  return formatPrototxt(net);
}

export const EXAMPLES: Readonly<Record<string, Example>> = {
  filters: { title: 'Filters: weights by formula', text: () => FILTERS },
  lenet: { title: 'LeNet', text: () => formatPrototxt(lenet()) },
  fault: {
    title: 'LeNet with a fault to find',
    text: () => `# Somebody ported LeNet, and its results are wrong. "Compare" finds the layer.\n${faulty()}`,
    original: () => formatPrototxt(lenet()),
  },
  'detection-v2': {
    title: 'detection-v2, an eighth as wide',
    text: () =>
      formatPrototxt(
        detectionV2({ stemWidth: 8, stageWidths: [8, 16, 32, 64], pyramidChannels: 32, inputSize: [96, 128] }),
      ),
  },
};
