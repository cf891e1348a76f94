/**
 * mobilenet-v3-large and -small: Howard et al. 2019, layers named as torchvision's modules: features.1.block.0.0 … classifier.3.
 * Hard swish and hard sigmoid are spelled in BVLC's Power, Clip and Eltwise layers.
 */
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { ModuleLayers, type Activation } from './module-layers.js';
import { checkNetOptions } from './options.js';

export const mobilenetV3Options = classifierOptions('224x224');

/** Kernel, expanded channels, outputs, squeeze-and-excitation, activation, stride. */
type Block = readonly [number, number, number, boolean, 'RE' | 'HS', number];

const LARGE: readonly Block[] = [
  [3, 16, 16, false, 'RE', 1],
  [3, 64, 24, false, 'RE', 2],
  [3, 72, 24, false, 'RE', 1],
  [5, 72, 40, true, 'RE', 2],
  [5, 120, 40, true, 'RE', 1],
  [5, 120, 40, true, 'RE', 1],
  [3, 240, 80, false, 'HS', 2],
  [3, 200, 80, false, 'HS', 1],
  [3, 184, 80, false, 'HS', 1],
  [3, 184, 80, false, 'HS', 1],
  [3, 480, 112, true, 'HS', 1],
  [3, 672, 112, true, 'HS', 1],
  [5, 672, 160, true, 'HS', 2],
  [5, 960, 160, true, 'HS', 1],
  [5, 960, 160, true, 'HS', 1],
];
const SMALL: readonly Block[] = [
  [3, 16, 16, true, 'RE', 2],
  [3, 72, 24, false, 'RE', 2],
  [3, 88, 24, false, 'RE', 1],
  [5, 96, 40, true, 'HS', 2],
  [5, 240, 40, true, 'HS', 1],
  [5, 240, 40, true, 'HS', 1],
  [5, 120, 48, true, 'HS', 1],
  [5, 144, 48, true, 'HS', 1],
  [5, 288, 96, true, 'HS', 2],
  [5, 576, 96, true, 'HS', 1],
  [5, 576, 96, true, 'HS', 1],
];
const FORMS = { large: { blocks: LARGE, hidden: 1280 }, small: { blocks: SMALL, hidden: 1024 } } as const;

/**
 * MobileNet v3, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function mobilenetV3(size: keyof typeof FORMS, options: ImageClassifierOptions = {}): NetParameter {
  checkNetOptions(mobilenetV3Options, options);
  const { inputSize = [224, 224], classes = 1000 } = options;
  const { blocks, hidden } = FORMS[size];
  const m = new ModuleLayers(1e-3);
  const data = m.input('data', 3, inputSize);
  let x = m.convBn('features.0.0', 'features.0.1', data, { out: 16, kernel: 3, stride: 2 }, 'hardswish');
  let channels = 16;
  for (const [i, block] of blocks.entries()) {
    x = invertedResidual(m, `features.${i + 1}`, x, channels, block);
    channels = block[2];
  }
  const last = `features.${blocks.length + 1}`;
  x = m.convBn(`${last}.0`, `${last}.1`, x, { out: channels * 6 }, 'hardswish');
  x = m.linear('classifier.0', m.globalPool('avgpool', x), hidden);
  x = m.linear('classifier.3', m.activate('classifier.0', x, 'hardswish'), classes);
  m.n['prob'] = L.Softmax(x);
  return m.n.toProto();
}

/** The nearest multiple of 8 that is not less than 90 percent. */
function divisible(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

function invertedResidual(m: ModuleLayers, name: string, x: Bottom, channels: number, block: Block): Top {
  const [kernel, inner, out, squeezes, kind, stride] = block;
  const activation: Activation = kind === 'RE' ? 'relu' : 'hardswish';
  let y = x;
  let i = 0;
  if (inner !== channels) y = m.convBn(`${name}.block.${i}.0`, `${name}.block.${i++}.1`, y, { out: inner }, activation);
  const depthwise = { out: inner, kernel, stride, groups: inner };
  y = m.convBn(`${name}.block.${i}.0`, `${name}.block.${i++}.1`, y, depthwise, activation);
  if (squeezes) {
    const se = `${name}.block.${i++}`;
    const fc1 = m.conv(`${se}.fc1`, m.globalPool(`${se}.avgpool`, y), { out: divisible(inner / 4), bias: true });
    const fc2 = m.conv(`${se}.fc2`, m.activate(se, fc1, 'relu'), { out: inner, bias: true });
    y = m.scaleChannels(se, y, m.hardSigmoid(se, fc2));
  }
  const projected = m.convBn(`${name}.block.${i}.0`, `${name}.block.${i}.1`, y, { out }, 'none');
  return stride === 1 && channels === out ? m.add(`${name}.add`, x, projected) : projected;
}
