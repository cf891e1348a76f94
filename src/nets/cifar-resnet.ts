/**
 * cifar-resnet: the residual nets for CIFAR-10 of He et al. 2015, section 4.2, of 6n + 2 layers, as junyuseu's Caffe models have them: with
 * 1x1 convolutions where channels double, and biases. Layers are numbered by type: Convolution1, BatchNorm1, Scale1 …
 */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { classesOption, sizeOption, type ImageNetOptions } from './image-net.js';
import { checkNetOptions, type NetOption } from './options.js';

/** Depths of the paper's table 6. */
const DEPTHS = ['20', '32', '44', '56', '110'] as const;

export interface CifarResnetOptions extends ImageNetOptions {
  /** Layers: 6n + 2. @default '20' */
  depth?: (typeof DEPTHS)[number];
  /** Number of classes. @default 10 */
  classes?: number;
}

export const cifarResnetOptions: readonly NetOption[] = [
  { name: 'depth', type: 'choice', choices: DEPTHS, default: '20', describe: 'layers, without the 1x1 convolutions' },
  sizeOption('32x32'),
  classesOption('10'),
];

/**
 * A ResNet for small pictures, from `Data1` to the logits `InnerProduct1`.
 * @throws NetspecError on an unknown option or value
 */
export function cifarResnet(options: CifarResnetOptions = {}): NetParameter {
  checkNetOptions(cifarResnetOptions, options);
  const { depth = '20', inputSize = [32, 32], classes = 10 } = options;
  const layers = new NumberedLayers();
  let x = layers.name(L.Input({ shape: { dim: [1, 3, ...inputSize] } }), 'Data');
  x = layers.relu(layers.convBn(x, 16, 3, 1));
  for (const [stage, channels] of [16, 32, 64].entries())
    for (let block = 0; block < (Number(depth) - 2) / 6; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const shortcut = stride === 1 ? x : layers.convBn(x, channels, 1, stride);
      const y = layers.relu(layers.convBn(x, channels, 3, stride));
      x = layers.relu(layers.name(L.Eltwise(shortcut, layers.convBn(y, channels, 3, 1))));
    }
  x = layers.name(L.Pooling(x, { pool: 'AVE', global_pooling: true }));
  layers.name(L.InnerProduct(x, { num_output: classes }));
  return layers.n.toProto();
}

/** Layers named by their type and number, as pycaffe names what its programs leave without a name. */
class NumberedLayers {
  readonly n = new NetSpec();
  readonly #counts = new Map<string, number>();

  name(top: Top, type = top.fn.type): Top {
    const count = (this.#counts.get(type) ?? 0) + 1;
    this.#counts.set(type, count);
    this.n[`${type}${count}`] = top;
    return top;
  }

  convBn(x: Bottom, num_output: number, kernel_size: number, stride: number): Top {
    const pad = (kernel_size - 1) / 2;
    const conv = this.name(L.Convolution(x, { num_output, pad, kernel_size, stride }));
    const norm = this.name(L.BatchNorm(conv, { in_place: true }));
    return this.name(L.Scale(norm, { bias_term: true, in_place: true }));
  }

  relu(x: Bottom): Top {
    return this.name(L.ReLU(x, { in_place: true }));
  }
}
