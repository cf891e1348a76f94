/**
 * mobilenet-ssd: chuanqi305's SSD over MobileNet v1 with its batch norms merged, layers named as in its deploy.prototxt: conv0, conv1/dw, conv1 … conv17_2,
 * mbox_loc, detection_out. Layers of the SSD fork.
 */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { classesOption } from './image-net.js';
import { checkNetOptions, type NetOption } from './options.js';
import type { SsdOptions } from './ssd-300.js';
import { ssdHead } from './ssd-head.js';

export const mobilenetSsdOptions: readonly NetOption[] = [classesOption('21')];

/** Outputs and stride of each depthwise separable convolution. */
const BLOCKS = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

/** What follows: names, outputs of the 1x1 and of the 3x3 convolution. */
const EXTRA = [
  ['conv14', 256, 512],
  ['conv15', 128, 256],
  ['conv16', 128, 256],
  ['conv17', 64, 128],
] as const;

/** Sides of the priors of each level. */
const SIDES = [60, 105, 150, 195, 240, 285, 300];

/**
 * MobileNet-SSD, from `data` to `detection_out`.
 * @throws NetspecError on an unknown option or value
 */
export function mobilenetSsd(options: SsdOptions = {}): NetParameter {
  checkNetOptions(mobilenetSsdOptions, options);
  const n = new NetSpec();
  const conv = (name: string, x: Bottom, out: number, kernel: number, stride = 1, group = 1): Top => {
    const made = (n[name] = L.Convolution(x, {
      num_output: out,
      kernel_size: kernel,
      pad: (kernel - 1) / 2,
      stride,
      ...(group === 1 ? {} : { group }),
    }));
    return (n[`${name}/relu`] = L.ReLU(made, { in_place: true }));
  };
  const data: Top = (n['data'] = L.Input({ shape: { dim: [1, 3, 300, 300] } }));
  let x = conv('conv0', data, 32, 3, 2);
  let channels = 32;
  const levels: { name: string; x: Top }[] = [];
  for (const [i, [out, stride]] of BLOCKS.entries()) {
    const name = `conv${i + 1}`;
    x = conv(name, conv(`${name}/dw`, x, channels, 3, stride, channels), out, 1);
    channels = out;
    if (i === 10 || i === 12) levels.push({ name, x });
  }
  for (const [name, inner, out] of EXTRA) {
    x = conv(`${name}_2`, conv(`${name}_1`, x, inner, 1), out, 3, 2);
    levels.push({ name: `${name}_2`, x });
  }
  const described = levels.map((level, i) => ({
    ...level,
    min: SIDES[i]!,
    ...(i === 0 ? {} : { max: SIDES[i + 1]! }),
    ratios: i === 0 ? [2] : [2, 3],
  }));
  ssdHead(n, data, described, { classes: options.classes ?? 21, kernel: 1 });
  return n.toProto();
}
