/**
 * squeezenet-1.0 and 1.1: Iandola et al. 2016, layers named as in the authors' Caffe models: conv1, fire2/squeeze1x1,
 * fire2/expand1x1 … conv10, prob. 1.1 pools earlier and starts with a smaller convolution.
 */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { checkNetOptions } from './options.js';

export const squeezenetOptions = classifierOptions('227x227');

const VERSIONS = {
  '1.0': { channels: 96, kernel: 7, poolsAfter: [1, 4, 8] },
  '1.1': { channels: 64, kernel: 3, poolsAfter: [1, 3, 5] },
} as const;

/**
 * SqueezeNet, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function squeezenet(version: keyof typeof VERSIONS, options: ImageClassifierOptions = {}): NetParameter {
  checkNetOptions(squeezenetOptions, options);
  const { inputSize = [227, 227], classes = 1000 } = options;
  const { channels, kernel, poolsAfter } = VERSIONS[version];
  const n = new NetSpec();
  n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } });
  n['conv1'] = L.Convolution(n['data'], { num_output: channels, kernel_size: kernel, stride: 2 });
  let x: Top = (n['relu_conv1'] = L.ReLU(n['conv1'], { in_place: true }));
  for (let i = 1; i <= 9; i++) {
    if (i > 1) x = fire(n, `fire${i}`, x, 16 * Math.floor(i / 2));
    if ((poolsAfter as readonly number[]).includes(i))
      x = n[`pool${i}`] = L.Pooling(x, { pool: 'MAX', kernel_size: 3, stride: 2 });
  }
  x = n['drop9'] = L.Dropout(x, { dropout_ratio: 0.5, in_place: true });
  n['conv10'] = L.Convolution(x, { num_output: classes, kernel_size: 1 });
  n['relu_conv10'] = L.ReLU(n['conv10'], { in_place: true });
  n['pool10'] = L.Pooling(n['relu_conv10'], { pool: 'AVE', global_pooling: true });
  n['prob'] = L.Softmax(n['pool10']);
  return n.toProto();
}

/** A 1x1 convolution of few channels, then 1x1 and 3x3 ones of four times as many each, side by side. */
function fire(n: NetSpec, name: string, x: Bottom, squeeze: number): Top {
  const conv = (layer: string, bottom: Bottom, num_output: number, kernel: number): Top => {
    const made = (n[`${name}/${layer}`] = L.Convolution(bottom, {
      num_output,
      kernel_size: kernel,
      pad: (kernel - 1) / 2,
    }));
    return (n[`${name}/relu_${layer}`] = L.ReLU(made, { in_place: true }));
  };
  const squeezed = conv('squeeze1x1', x, squeeze, 1);
  const a = conv('expand1x1', squeezed, 4 * squeeze, 1);
  const b = conv('expand3x3', squeezed, 4 * squeeze, 3);
  return (n[`${name}/concat`] = L.Concat(a, b));
}
