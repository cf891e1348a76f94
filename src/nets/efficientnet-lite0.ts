/** efficientnet-lite0: the EfficientNet without swish and squeeze-and-excitation, layers named as timm's modules: conv_stem, blocks.1.0.conv_pw … */
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { ModuleLayers } from './module-layers.js';
import { checkNetOptions } from './options.js';

export const efficientnetLite0Options = classifierOptions('224x224');

/** Expansion, kernel, stride, outputs, blocks of each stage. */
const STAGES = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
] as const;

/**
 * EfficientNet-lite0, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function efficientnetLite0(options: ImageClassifierOptions = {}): NetParameter {
  checkNetOptions(efficientnetLite0Options, options);
  const { inputSize = [224, 224], classes = 1000 } = options;
  const m = new ModuleLayers();
  const data = m.input('data', 3, inputSize);
  let x = m.convBn('conv_stem', 'bn1', data, { out: 32, kernel: 3, stride: 2 }, 'relu6');
  let channels = 32;
  for (const [stage, [expansion, kernel, stride, out, blocks]] of STAGES.entries())
    for (let i = 0; i < blocks; i++) {
      const block = { channels, expansion, kernel, out, stride: i === 0 ? stride : 1 };
      x = invertedResidual(m, `blocks.${stage}.${i}`, x, block);
      channels = out;
    }
  x = m.convBn('conv_head', 'bn2', x, { out: 1280 }, 'relu6');
  m.n['prob'] = L.Softmax(m.linear('classifier', m.globalPool('global_pool', x), classes));
  return m.n.toProto();
}

interface BlockOptions {
  channels: number;
  expansion: number;
  kernel: number;
  out: number;
  stride: number;
}

function invertedResidual(m: ModuleLayers, name: string, x: Bottom, options: BlockOptions): Top {
  const { channels, expansion, kernel, out, stride } = options;
  const inner = channels * expansion;
  const depthwise = { out: inner, kernel, stride, groups: inner };
  let y: Top;
  if (expansion === 1) {
    y = m.convBn(`${name}.conv_dw`, `${name}.bn1`, x, depthwise, 'relu6');
    y = m.convBn(`${name}.conv_pw`, `${name}.bn2`, y, { out }, 'none');
  } else {
    y = m.convBn(`${name}.conv_pw`, `${name}.bn1`, x, { out: inner }, 'relu6');
    y = m.convBn(`${name}.conv_dw`, `${name}.bn2`, y, depthwise, 'relu6');
    y = m.convBn(`${name}.conv_pwl`, `${name}.bn3`, y, { out }, 'none');
  }
  return stride === 1 && channels === out ? m.add(`${name}.add`, x, y) : y;
}
