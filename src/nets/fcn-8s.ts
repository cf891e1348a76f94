/** fcn-8s: Long et al. 2015 over VGG-16, layers named as in the authors' deploy nets: conv1_1 … fc6, score_fr, upscore2, score_pool4c, score. */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { classesOption, sizeOption, type ImageNetOptions } from './image-net.js';
import { checkNetOptions, type NetOption } from './options.js';

export interface Fcn8sOptions extends ImageNetOptions {
  /** Number of classes. @default 21 */
  classes?: number;
  /**
   * Each class is upsampled by itself, bilinearly and without weights. The authors' layers are dense: their caffemodels hold the same kernel
   * on the diagonal, and zeros. @default false
   */
  grouped?: boolean;
}

export const fcn8sOptions: readonly NetOption[] = [
  sizeOption('500x500'),
  classesOption('21'),
  {
    name: 'grouped',
    type: 'flag',
    default: false,
    describe:
      "upsample each class by itself, without weights; the authors' layers are dense and take theirs from a caffemodel",
  },
];

const STAGES = [
  [64, 2],
  [128, 2],
  [256, 3],
  [512, 3],
  [512, 3],
] as const;

/**
 * FCN-8s, from `data` to the class scores `score` of each pixel.
 * @throws NetspecError on an unknown option or value
 */
export function fcn8s(options: Fcn8sOptions = {}): NetParameter {
  checkNetOptions(fcn8sOptions, options);
  const { inputSize = [500, 500], classes = 21, grouped = false } = options;
  const n = new NetSpec();
  const conv = (name: string, x: Bottom, num_output: number, kernel_size: number, pad: number): Top => {
    const made = (n[name] = L.Convolution(x, { num_output, kernel_size, pad }));
    return (n[name.replace(/^(conv|fc)/, 'relu')] = L.ReLU(made, { in_place: true }));
  };
  const score = (name: string, x: Bottom): Top =>
    (n[name] = L.Convolution(x, { num_output: classes, kernel_size: 1, pad: 0 }));
  const up = (name: string, x: Bottom, kernel_size: number, stride: number): Top =>
    (n[name] = L.Deconvolution(x, {
      num_output: classes,
      kernel_size,
      stride,
      bias_term: false,
      // Where it is dense, the filler would put the kernel at every pair of classes.
      ...(grouped && { group: classes, weight_filler: { type: 'bilinear' } }),
      param: { lr_mult: 0 },
    }));
  const crop = (name: string, x: Bottom, like: Bottom, offset: number): Top =>
    (n[name] = L.Crop(x, like, { axis: 2, offset }));

  let x: Top = (n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } }));
  const pools: Top[] = [];
  for (const [i, [width, count]] of STAGES.entries()) {
    // 100 pixels around the picture, so that the scores cover it after all that is cut off.
    for (let j = 1; j <= count; j++) x = conv(`conv${i + 1}_${j}`, x, width, 3, i === 0 && j === 1 ? 100 : 1);
    x = n[`pool${i + 1}`] = L.Pooling(x, { pool: 'MAX', kernel_size: 2, stride: 2 });
    pools.push(x);
  }
  for (const [i, kernel] of [
    [6, 7],
    [7, 1],
  ] as const)
    x = n[`drop${i}`] = L.Dropout(conv(`fc${i}`, x, 4096, kernel, 0), { dropout_ratio: 0.5, in_place: true });
  const [, , pool3, pool4] = pools as [Top, Top, Top, Top, Top];
  const coarse = up('upscore2', score('score_fr', x), 4, 2);
  const fused4 = (n['fuse_pool4'] = L.Eltwise(coarse, crop('score_pool4c', score('score_pool4', pool4), coarse, 5)));
  const finer = up('upscore_pool4', fused4, 4, 2);
  const fused3 = (n['fuse_pool3'] = L.Eltwise(finer, crop('score_pool3c', score('score_pool3', pool3), finer, 9)));
  crop('score', up('upscore8', fused3, 16, 8), n['data'], 31);
  return n.toProto();
}
