/** ResNets of Caffe's published prototxts and torchvision's state dicts: names and shapes, at any width. */
import type { NetParameter } from '../../src/generated/messages.js';
import { NetSpec, L, P, type Bottom } from '../../src/netspec/index.js';
import type { Tensor } from '../../src/weights/source.js';

/** Blocks a stage by depth; 18 and 34 are of basic blocks. */
const BLOCKS: Readonly<Record<number, readonly number[]>> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
};

export interface ResnetOptions {
  depth: 18 | 34 | 50 | 101;
  /** Channels of the stem; 64 in the published ones. */
  width: number;
  classes: number;
  /** Side of the input picture. */
  size?: number;
  /** Stride in the 3x3 convolution, as torchvision has it, instead of the first 1x1. */
  stride3x3?: boolean;
}

/** The net as prototxts of Caffe name it: res2a_branch2a, bn2a_branch2a, scale2a_branch2a …, fc1000. */
export function caffeResnet({ depth, width, classes, size = 32, stride3x3 = false }: ResnetOptions): NetParameter {
  const n = new NetSpec();
  const basic = depth < 50;
  const convBn = (conv: string, suffix: string, x: Bottom, num: number, kernel: number, stride = 1, pad = 0) => {
    const y = (n[conv] = L.Convolution(x, { num_output: num, kernel_size: kernel, stride, pad, bias_term: false }));
    const bn = (n[`bn${suffix}`] = L.BatchNorm(y, { use_global_stats: true, in_place: true }));
    return (n[`scale${suffix}`] = L.Scale(bn, { bias_term: true, in_place: true }));
  };
  const relu = (name: string, x: Bottom) => (n[`${name}_relu`] = L.ReLU(x, { in_place: true }));
  const data = (n['data'] = L.Input({ shape: { dim: [1, 3, size, size] } }));
  let x: Bottom = relu('conv1', convBn('conv1', '_conv1', data, width, 7, 2, 3));
  x = n['pool1'] = L.Pooling(x, { pool: P.Pooling.MAX, kernel_size: 3, stride: 2 });
  let channels = width;
  BLOCKS[depth]!.forEach((blocks, i) => {
    const inner = width << i;
    const out = basic ? inner : 4 * inner;
    for (let b = 0; b < blocks; b++) {
      const block = `${i + 2}${blocks > 6 && b > 0 ? `b${b}` : 'abcdef'[b]!}`;
      const stride = b === 0 && i > 0 ? 2 : 1;
      const [first, second] = basic ? [stride, 1] : stride3x3 ? [1, stride] : [stride, 1];
      const shortcut: Bottom =
        channels !== out || stride > 1 ? convBn(`res${block}_branch1`, `${block}_branch1`, x, out, 1, stride) : x;
      const branch = (letter: string, from: Bottom, num: number, kernel: number, by = 1) =>
        convBn(`res${block}_branch2${letter}`, `${block}_branch2${letter}`, from, num, kernel, by, kernel >> 1);
      let y: Bottom = relu(`res${block}_branch2a`, branch('a', x, inner, basic ? 3 : 1, first));
      y = branch('b', y, inner, 3, second);
      if (!basic) y = branch('c', relu(`res${block}_branch2b`, y), out, 1);
      const sum = (n[`res${block}`] = L.Eltwise(shortcut, y));
      x = relu(`res${block}`, sum);
      channels = out;
    }
  });
  n['pool5'] = L.Pooling(x, { pool: P.Pooling.AVE, global_pooling: true });
  n[`fc${classes}`] = L.InnerProduct(n['pool5'], { num_output: classes });
  return n.toProto();
}

/** A state dict as torchvision's resnet18 … resnet101 have it, in its order; values are what `value` gives. */
export function torchvisionState(
  { depth, width, classes }: ResnetOptions,
  value: (name: string, i: number) => number = () => 0,
): Record<string, Tensor> {
  const state: Record<string, Tensor> = {};
  const basic = depth < 50;
  const add = (name: string, ...shape: number[]) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    state[name] = { shape, data: Float32Array.from({ length: count }, (_, i) => value(name, i)) };
  };
  const norm = (name: string, channels: number) => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) add(`${name}.${part}`, channels);
    add(`${name}.num_batches_tracked`);
  };
  add('conv1.weight', width, 3, 7, 7);
  norm('bn1', width);
  let channels = width;
  BLOCKS[depth]!.forEach((blocks, i) => {
    const inner = width << i;
    const out = basic ? inner : 4 * inner;
    for (let b = 0; b < blocks; b++) {
      const block = `layer${i + 1}.${b}`;
      add(`${block}.conv1.weight`, inner, channels, basic ? 3 : 1, basic ? 3 : 1);
      norm(`${block}.bn1`, inner);
      add(`${block}.conv2.weight`, inner, inner, 3, 3);
      norm(`${block}.bn2`, inner);
      if (!basic) {
        add(`${block}.conv3.weight`, out, inner, 1, 1);
        norm(`${block}.bn3`, out);
      }
      if (channels !== out || (b === 0 && i > 0)) {
        add(`${block}.downsample.0.weight`, out, channels, 1, 1);
        norm(`${block}.downsample.1`, out);
      }
      channels = out;
    }
  });
  add('fc.weight', classes, channels);
  add('fc.bias', classes);
  return state;
}
