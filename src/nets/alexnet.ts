/**
 * alexnet and caffenet: Krizhevsky et al. 2012 as BVLC's models have it. AlexNet normalizes before it pools, CaffeNet pools
 * before it normalizes. Layers are named as there: conv1, norm1, pool1 … fc8, prob.
 */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { checkNetOptions } from './options.js';

export const alexnetOptions = classifierOptions('227x227');

/**
 * AlexNet, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function alexnet(options: ImageClassifierOptions = {}): NetParameter {
  return build('norm first', options);
}

/**
 * CaffeNet, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function caffenet(options: ImageClassifierOptions = {}): NetParameter {
  return build('pool first', options);
}

function build(order: 'norm first' | 'pool first', options: ImageClassifierOptions): NetParameter {
  checkNetOptions(alexnetOptions, options);
  const { inputSize = [227, 227], classes = 1000 } = options;
  const n = new NetSpec();
  const conv = (
    i: number,
    x: Bottom,
    fields: { num_output: number; kernel_size: number } & Record<string, number>,
  ): Top => {
    const made = (n[`conv${i}`] = L.Convolution(x, fields));
    return (n[`relu${i}`] = L.ReLU(made, { in_place: true }));
  };
  const norm = (i: number, x: Bottom): Top => (n[`norm${i}`] = L.LRN(x, { local_size: 5, alpha: 1e-4, beta: 0.75 }));
  const pool = (i: number, x: Bottom): Top =>
    (n[`pool${i}`] = L.Pooling(x, { pool: 'MAX', kernel_size: 3, stride: 2 }));
  const reduce = (i: number, x: Bottom): Top => (order === 'norm first' ? pool(i, norm(i, x)) : norm(i, pool(i, x)));

  n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } });
  let x = reduce(1, conv(1, n['data'], { num_output: 96, kernel_size: 11, stride: 4 }));
  x = reduce(2, conv(2, x, { num_output: 256, kernel_size: 5, pad: 2, group: 2 }));
  x = conv(3, x, { num_output: 384, kernel_size: 3, pad: 1 });
  x = conv(4, x, { num_output: 384, kernel_size: 3, pad: 1, group: 2 });
  x = pool(5, conv(5, x, { num_output: 256, kernel_size: 3, pad: 1, group: 2 }));
  for (const i of [6, 7]) {
    const fc = (n[`fc${i}`] = L.InnerProduct(x, { num_output: 4096 }));
    const relu = (n[`relu${i}`] = L.ReLU(fc, { in_place: true }));
    x = n[`drop${i}`] = L.Dropout(relu, { dropout_ratio: 0.5, in_place: true });
  }
  n['fc8'] = L.InnerProduct(x, { num_output: classes });
  n['prob'] = L.Softmax(n['fc8']);
  return n.toProto();
}
