/** unet: Ronneberger et al. 2015 with batch norms and padding, layers named as in milesial's PyTorch port: inc.double_conv.0, down1.maxpool_conv.1.double_conv.0 … outc.conv. */
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classesOption, sizeOption, type ImageNetOptions } from './image-net.js';
import { ModuleLayers } from './module-layers.js';
import { checkNetOptions, type NetOption } from './options.js';

export interface UnetOptions extends ImageNetOptions {
  /** Number of classes. @default 2 */
  classes?: number;
  /** Channels of the finest level; each coarser one has twice as many. @default 64 */
  width?: number;
}

export const unetOptions: readonly NetOption[] = [
  sizeOption('256x256'),
  classesOption('2'),
  {
    name: 'width',
    type: 'count',
    default: '64',
    describe: 'channels of the finest level; each coarser one has twice as many',
  },
];

/**
 * U-Net, from `data` to the logits `outc.conv`. The input's sides must be multiples of 16, or the levels do not fit one another.
 * @throws NetspecError on an unknown option or value
 */
export function unet(options: UnetOptions = {}): NetParameter {
  checkNetOptions(unetOptions, options);
  const { inputSize = [256, 256], classes = 2, width = 64 } = options;
  const m = new ModuleLayers();
  let x = doubleConv(m, 'inc.double_conv', m.input('data', 3, inputSize), width);
  const levels: Top[] = [];
  for (let i = 1; i <= 4; i++) {
    levels.push(x);
    const pool = m.maxPool(`down${i}.maxpool_conv.0`, x, { kernel: 2 });
    x = doubleConv(m, `down${i}.maxpool_conv.1.double_conv`, pool, width * 2 ** i);
  }
  for (let i = 1; i <= 4; i++) {
    const out = width * 2 ** (4 - i);
    const up = (m.n[`up${i}.up`] = L.Deconvolution(x, { num_output: out, kernel_size: 2, stride: 2 }));
    x = doubleConv(m, `up${i}.conv.double_conv`, m.cat(`up${i}.cat`, levels[4 - i]!, up), out);
  }
  m.conv('outc.conv', x, { out: classes, bias: true });
  return m.n.toProto();
}

function doubleConv(m: ModuleLayers, name: string, x: Bottom, out: number): Top {
  const first = m.convBn(`${name}.0`, `${name}.1`, x, { out, kernel: 3 });
  return m.convBn(`${name}.3`, `${name}.4`, first, { out, kernel: 3 });
}
