/**
 * googlenet: Szegedy et al. 2014 ("Going Deeper with Convolutions") as BVLC's deploy.prototxt has it, without the two auxiliary
 * classifiers of training; layers named as there: conv1/7x7_s2, inception_3a/1x1 … loss3/classifier, prob.
 */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { checkNetOptions } from './options.js';

export const googlenetOptions = classifierOptions('224x224');

/** Outputs of 1x1, 3x3_reduce, 3x3, 5x5_reduce, 5x5 and pool_proj. */
type Widths = readonly [number, number, number, number, number, number];

const MODULES: readonly (readonly [name: string, widths: Widths] | 'pool')[] = [
  ['3a', [64, 96, 128, 16, 32, 32]],
  ['3b', [128, 128, 192, 32, 96, 64]],
  'pool',
  ['4a', [192, 96, 208, 16, 48, 64]],
  ['4b', [160, 112, 224, 24, 64, 64]],
  ['4c', [128, 128, 256, 24, 64, 64]],
  ['4d', [112, 144, 288, 32, 64, 64]],
  ['4e', [256, 160, 320, 32, 128, 128]],
  'pool',
  ['5a', [256, 160, 320, 32, 128, 128]],
  ['5b', [384, 192, 384, 48, 128, 128]],
];

/**
 * GoogLeNet, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function googlenet(options: ImageClassifierOptions = {}): NetParameter {
  checkNetOptions(googlenetOptions, options);
  const { inputSize = [224, 224], classes = 1000 } = options;
  const n = new NetSpec();
  const pool = (name: string, x: Bottom): Top => (n[name] = L.Pooling(x, { pool: 'MAX', kernel_size: 3, stride: 2 }));
  const norm = (name: string, x: Bottom): Top => (n[name] = L.LRN(x, { local_size: 5, alpha: 1e-4, beta: 0.75 }));
  n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } });
  let x: Top = (n['conv1/7x7_s2'] = L.Convolution(n['data'], { num_output: 64, kernel_size: 7, stride: 2, pad: 3 }));
  x = n['conv1/relu_7x7'] = L.ReLU(x, { in_place: true });
  x = norm('pool1/norm1', pool('pool1/3x3_s2', x));
  x = convRelu(n, 'conv2', '3x3_reduce', x, 64, 1);
  x = pool('pool2/3x3_s2', norm('conv2/norm2', convRelu(n, 'conv2', '3x3', x, 192, 3)));
  let stage = 3;
  for (const module of MODULES)
    if (module === 'pool') x = pool(`pool${stage++}/3x3_s2`, x);
    else x = inception(n, `inception_${module[0]}`, x, module[1]);
  x = n['pool5/7x7_s1'] = L.Pooling(x, { pool: 'AVE', global_pooling: true });
  x = n['pool5/drop_7x7_s1'] = L.Dropout(x, { dropout_ratio: 0.4, in_place: true });
  n['loss3/classifier'] = L.InnerProduct(x, { num_output: classes });
  n['prob'] = L.Softmax(n['loss3/classifier']);
  return n.toProto();
}

function convRelu(n: NetSpec, module: string, name: string, x: Bottom, num_output: number, kernel: number): Top {
  const conv = (n[`${module}/${name}`] = L.Convolution(x, { num_output, kernel_size: kernel, pad: (kernel - 1) / 2 }));
  return (n[`${module}/relu_${name}`] = L.ReLU(conv, { in_place: true }));
}

function inception(n: NetSpec, name: string, x: Bottom, [n1x1, reduce3, n3x3, reduce5, n5x5, proj]: Widths): Top {
  const a = convRelu(n, name, '1x1', x, n1x1, 1);
  const b = convRelu(n, name, '3x3', convRelu(n, name, '3x3_reduce', x, reduce3, 1), n3x3, 3);
  const c = convRelu(n, name, '5x5', convRelu(n, name, '5x5_reduce', x, reduce5, 1), n5x5, 5);
  const pool = (n[`${name}/pool`] = L.Pooling(x, { pool: 'MAX', kernel_size: 3, stride: 1, pad: 1 }));
  const d = convRelu(n, name, 'pool_proj', pool, proj, 1);
  return (n[`${name}/output`] = L.Concat(a, b, c, d));
}
