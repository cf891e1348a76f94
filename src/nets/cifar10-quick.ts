/** cifar10-quick: Caffe's examples/cifar10/cifar10_quick.prototxt, from 32x32 colour pixels to ten probabilities. */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom } from '../netspec/index.js';
import { classesOption, sizeOption, type ImageNetOptions } from './image-net.js';
import { checkNetOptions, type NetOption } from './options.js';

export interface Cifar10QuickOptions extends ImageNetOptions {
  /** Number of classes. @default 10 */
  classes?: number;
}

export const cifar10QuickOptions: readonly NetOption[] = [sizeOption('32x32'), classesOption('10')];

/**
 * The quick net for CIFAR-10, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function cifar10Quick(options: Cifar10QuickOptions = {}): NetParameter {
  checkNetOptions(cifar10QuickOptions, options);
  const { inputSize = [32, 32], classes = 10 } = options;
  const n = new NetSpec();
  const conv = (i: number, x: Bottom, num_output: number) =>
    (n[`conv${i}`] = L.Convolution(x, { num_output, pad: 2, kernel_size: 5, stride: 1 }));
  const pool = (i: number, x: Bottom, kind: 'MAX' | 'AVE') =>
    (n[`pool${i}`] = L.Pooling(x, { pool: kind, kernel_size: 3, stride: 2 }));
  const relu = (i: number, x: Bottom) => (n[`relu${i}`] = L.ReLU(x, { in_place: true }));
  n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } });
  // The first ReLU comes behind its pooling, the others before theirs.
  const first = relu(1, pool(1, conv(1, n['data'], 32), 'MAX'));
  const second = pool(2, relu(2, conv(2, first, 32)), 'AVE');
  const third = pool(3, relu(3, conv(3, second, 64)), 'AVE');
  n['ip1'] = L.InnerProduct(third, { num_output: 64 });
  n['ip2'] = L.InnerProduct(n['ip1'], { num_output: classes });
  n['prob'] = L.Softmax(n['ip2']);
  return n.toProto();
}
