/** lenet: LeCun et al. 1998 as Caffe's examples/mnist/lenet.prototxt has it, from 28x28 grey pixels to ten probabilities. */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec } from '../netspec/index.js';
import { classesOption, sizeOption, type ImageNetOptions } from './image-net.js';
import { checkNetOptions, type NetOption } from './options.js';

export interface LenetOptions extends ImageNetOptions {
  /** Number of classes. @default 10 */
  classes?: number;
  /** Channels of the input. @default 1 */
  channels?: number;
}

export const lenetOptions: readonly NetOption[] = [
  sizeOption('28x28'),
  classesOption('10'),
  { name: 'channels', type: 'count', default: '1', describe: 'channels of the input' },
];

/**
 * LeNet, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function lenet(options: LenetOptions = {}): NetParameter {
  checkNetOptions(lenetOptions, options);
  const { inputSize = [28, 28], classes = 10, channels = 1 } = options;
  const n = new NetSpec();
  const pool = { pool: 'MAX', kernel_size: 2, stride: 2 } as const;
  n['data'] = L.Input({ shape: { dim: [1, channels, ...inputSize] } });
  n['conv1'] = L.Convolution(n['data'], { num_output: 20, kernel_size: 5, stride: 1 });
  n['pool1'] = L.Pooling(n['conv1'], pool);
  n['conv2'] = L.Convolution(n['pool1'], { num_output: 50, kernel_size: 5, stride: 1 });
  n['pool2'] = L.Pooling(n['conv2'], pool);
  n['ip1'] = L.InnerProduct(n['pool2'], { num_output: 500 });
  n['relu1'] = L.ReLU(n['ip1'], { in_place: true });
  n['ip2'] = L.InnerProduct(n['relu1'], { num_output: classes });
  n['prob'] = L.Softmax(n['ip2']);
  return n.toProto();
}
