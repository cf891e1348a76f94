/** mobilenet-v1: Howard et al. 2017, layers named as in the Caffe model of shicai: conv1, conv2_1/dw, conv2_1/sep … fc7, prob. */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { checkNetOptions } from './options.js';

export const mobilenetV1Options = classifierOptions('224x224');

/** Name, outputs and stride of each depthwise separable convolution. */
const BLOCKS: readonly (readonly [name: string, out: number, stride: number])[] = [
  ['conv2_1', 64, 1],
  ['conv2_2', 128, 2],
  ['conv3_1', 128, 1],
  ['conv3_2', 256, 2],
  ['conv4_1', 256, 1],
  ['conv4_2', 512, 2],
  ['conv5_1', 512, 1],
  ['conv5_2', 512, 1],
  ['conv5_3', 512, 1],
  ['conv5_4', 512, 1],
  ['conv5_5', 512, 1],
  ['conv5_6', 1024, 2],
  ['conv6', 1024, 1],
];

/**
 * MobileNet v1, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function mobilenetV1(options: ImageClassifierOptions = {}): NetParameter {
  checkNetOptions(mobilenetV1Options, options);
  const { inputSize = [224, 224], classes = 1000 } = options;
  const n = new NetSpec();
  n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } });
  let x = convBnRelu(n, 'conv1', n['data'], { out: 32, kernel: 3, stride: 2 });
  let channels = 32;
  for (const [name, out, stride] of BLOCKS) {
    x = convBnRelu(n, `${name}/dw`, x, { out: channels, kernel: 3, stride, group: channels });
    x = convBnRelu(n, `${name}/sep`, x, { out, kernel: 1 });
    channels = out;
  }
  n['pool6'] = L.Pooling(x, { pool: 'AVE', global_pooling: true });
  n['fc7'] = L.Convolution(n['pool6'], { num_output: classes, kernel_size: 1 });
  n['prob'] = L.Softmax(n['fc7']);
  return n.toProto();
}

function convBnRelu(
  n: NetSpec,
  name: string,
  x: Bottom,
  { out, kernel, stride = 1, group = 1 }: { out: number; kernel: number; stride?: number; group?: number },
): Top {
  const conv = (n[name] = L.Convolution(x, {
    num_output: out,
    bias_term: false,
    pad: (kernel - 1) / 2,
    kernel_size: kernel,
    stride,
    ...(group === 1 ? {} : { group }),
  }));
  const bn = (n[`${name}/bn`] = L.BatchNorm(conv, { in_place: true }));
  const scale = (n[`${name}/scale`] = L.Scale(bn, { bias_term: true, in_place: true }));
  return (n[`relu${name.replace('conv', '')}`] = L.ReLU(scale, { in_place: true }));
}
