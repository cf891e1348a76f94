/** ssd-300: Liu et al. 2015 over VGG-16, layers named as in the authors' deploy.prototxt: conv1_1 … conv9_2, mbox_loc, detection_out. Layers of the SSD fork. */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { classesOption } from './image-net.js';
import { checkNetOptions, type NetOption } from './options.js';
import { ssdHead, type SsdLevel } from './ssd-head.js';

export interface SsdOptions {
  /** Number of classes, the background's included. @default 21 */
  classes?: number;
}

export const ssd300Options: readonly NetOption[] = [classesOption('21')];

/**
 * SSD-300, from `data` to `detection_out`.
 * @throws NetspecError on an unknown option or value
 */
export function ssd300(options: SsdOptions = {}): NetParameter {
  checkNetOptions(ssd300Options, options);
  const n = new NetSpec();
  const data: Top = (n['data'] = L.Input({ shape: { dim: [1, 3, 300, 300] } }));
  const conv = (
    name: string,
    x: Bottom,
    num_output: number,
    kernel_size: number,
    pad: number,
    stride = 1,
    dilation = 1,
  ): Top => {
    const spread = dilation === 1 ? {} : { dilation };
    const made = (n[name] = L.Convolution(x, { num_output, kernel_size, pad, stride, ...spread }));
    const relu = /^conv[6-9]/.test(name) ? `${name}_relu` : name.replace(/^(conv|fc)/, 'relu');
    return (n[relu] = L.ReLU(made, { in_place: true }));
  };
  let x = data;
  const stages = [64, 128, 256, 512, 512];
  let conv4: Top = data;
  for (const [i, width] of stages.entries()) {
    for (let j = 1; j <= (i < 2 ? 2 : 3); j++) x = conv(`conv${i + 1}_${j}`, x, width, 3, 1);
    if (i === 3) conv4 = x;
    const pooling = i === 4 ? { kernel_size: 3, stride: 1, pad: 1 } : { kernel_size: 2, stride: 2 };
    x = n[`pool${i + 1}`] = L.Pooling(x, { pool: 'MAX', ...pooling });
  }
  const fc7 = conv('fc7', conv('fc6', x, 1024, 3, 6, 1, 6), 1024, 1, 0);
  const conv6 = conv('conv6_2', conv('conv6_1', fc7, 256, 1, 0), 512, 3, 1, 2);
  const conv7 = conv('conv7_2', conv('conv7_1', conv6, 128, 1, 0), 256, 3, 1, 2);
  const conv8 = conv('conv8_2', conv('conv8_1', conv7, 128, 1, 0), 256, 3, 0);
  const conv9 = conv('conv9_2', conv('conv9_1', conv8, 128, 1, 0), 256, 3, 0);
  const norm = (n['conv4_3_norm'] = L.Normalize(conv4, {
    across_spatial: false,
    scale_filler: { type: 'constant', value: 20 },
    channel_shared: false,
  }));
  const levels: SsdLevel[] = [
    { name: 'conv4_3_norm', x: norm, min: 30, max: 60, ratios: [2], step: 8 },
    { name: 'fc7', x: fc7, min: 60, max: 111, ratios: [2, 3], step: 16 },
    { name: 'conv6_2', x: conv6, min: 111, max: 162, ratios: [2, 3], step: 32 },
    { name: 'conv7_2', x: conv7, min: 162, max: 213, ratios: [2, 3], step: 64 },
    { name: 'conv8_2', x: conv8, min: 213, max: 264, ratios: [2], step: 100 },
    { name: 'conv9_2', x: conv9, min: 264, max: 315, ratios: [2], step: 300 },
  ];
  ssdHead(n, data, levels, { classes: options.classes ?? 21, kernel: 3 });
  return n.toProto();
}
