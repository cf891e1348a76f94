/**
 * mtcnn-pnet, mtcnn-rnet and mtcnn-onet: Zhang et al. 2016, the three nets of the face detector, named as the authors' det1, det2 and det3
 * prototxts: conv1, PReLU1, pool1 … conv4-1, conv4-2, prob1.
 */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { sizeOption, type ImageNetOptions } from './image-net.js';
import { checkNetOptions, type NetOption } from './options.js';

export const mtcnnPnetOptions: readonly NetOption[] = [sizeOption('12x12')];
export const mtcnnRnetOptions: readonly NetOption[] = [];
export const mtcnnOnetOptions: readonly NetOption[] = [];

const MAX = { pool: 'MAX', kernel_size: 3, stride: 2 } as const;

/** Convolution and PReLU, whose name the authors write in two ways. */
function conv(n: NetSpec, i: number, x: Bottom, num_output: number, kernel_size: number, name = 'prelu'): Top {
  const made = (n[`conv${i}`] = L.Convolution(x, { num_output, kernel_size, stride: 1 }));
  return prelu(n, i, made, name);
}

function prelu(n: NetSpec, i: number, x: Bottom, name = 'prelu'): Top {
  return (n[`${name}${i}`] = L.PReLU(x, { in_place: true }));
}

/**
 * The proposal net: fully convolutional, for pictures of any size.
 * @throws NetspecError on an unknown option or value
 */
export function mtcnnPnet(options: ImageNetOptions = {}): NetParameter {
  checkNetOptions(mtcnnPnetOptions, options);
  const { inputSize = [12, 12] } = options;
  const n = new NetSpec();
  n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } });
  const pool = (n['pool1'] = L.Pooling(conv(n, 1, n['data'], 10, 3, 'PReLU'), {
    pool: 'MAX',
    kernel_size: 2,
    stride: 2,
  }));
  const x = conv(n, 3, conv(n, 2, pool, 16, 3, 'PReLU'), 32, 3, 'PReLU');
  n['conv4-1'] = L.Convolution(x, { num_output: 2, kernel_size: 1, stride: 1 });
  n['conv4-2'] = L.Convolution(x, { num_output: 4, kernel_size: 1, stride: 1 });
  n['prob1'] = L.Softmax(n['conv4-1']);
  return n.toProto();
}

/** The refinement net, over 24x24 pixels. */
export function mtcnnRnet(options: object = {}): NetParameter {
  checkNetOptions(mtcnnRnetOptions, options);
  const n = new NetSpec();
  n['data'] = L.Input({ shape: { dim: [1, 3, 24, 24] } });
  let x: Top = (n['pool1'] = L.Pooling(conv(n, 1, n['data'], 28, 3), MAX));
  x = n['pool2'] = L.Pooling(conv(n, 2, x, 48, 3), MAX);
  n['conv4'] = L.InnerProduct(conv(n, 3, x, 64, 2), { num_output: 128 });
  x = prelu(n, 4, n['conv4']);
  n['conv5-1'] = L.InnerProduct(x, { num_output: 2 });
  n['conv5-2'] = L.InnerProduct(x, { num_output: 4 });
  n['prob1'] = L.Softmax(n['conv5-1']);
  return n.toProto();
}

/** The output net, over 48x48 pixels: also five landmarks. */
export function mtcnnOnet(options: object = {}): NetParameter {
  checkNetOptions(mtcnnOnetOptions, options);
  const n = new NetSpec();
  n['data'] = L.Input({ shape: { dim: [1, 3, 48, 48] } });
  let x: Top = (n['pool1'] = L.Pooling(conv(n, 1, n['data'], 32, 3), MAX));
  x = n['pool2'] = L.Pooling(conv(n, 2, x, 64, 3), MAX);
  x = n['pool3'] = L.Pooling(conv(n, 3, x, 64, 3), { pool: 'MAX', kernel_size: 2, stride: 2 });
  n['conv5'] = L.InnerProduct(conv(n, 4, x, 128, 2), { num_output: 256 });
  n['drop5'] = L.Dropout(n['conv5'], { dropout_ratio: 0.25, in_place: true });
  x = prelu(n, 5, n['drop5']);
  n['conv6-1'] = L.InnerProduct(x, { num_output: 2 });
  n['conv6-2'] = L.InnerProduct(x, { num_output: 4 });
  n['conv6-3'] = L.InnerProduct(x, { num_output: 10 });
  n['prob1'] = L.Softmax(n['conv6-1']);
  return n.toProto();
}
