/** mobilenet-v2: Sandler et al. 2018, layers named as torchvision's modules: features.0.0, features.1.conv.0.0 … classifier.1. */
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { ModuleLayers } from './module-layers.js';
import { checkNetOptions } from './options.js';

export const mobilenetV2Options = classifierOptions('224x224');

/** Expansion, outputs, blocks and the first one's stride, of each stage. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * MobileNet v2, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function mobilenetV2(options: ImageClassifierOptions = {}): NetParameter {
  checkNetOptions(mobilenetV2Options, options);
  const { inputSize = [224, 224], classes = 1000 } = options;
  const m = new ModuleLayers();
  const data = m.input('data', 3, inputSize);
  let x = m.convBn('features.0.0', 'features.0.1', data, { out: 32, kernel: 3, stride: 2 }, 'relu6');
  let channels = 32;
  let index = 1;
  for (const [expansion, out, blocks, stride] of STAGES)
    for (let i = 0; i < blocks; i++) {
      x = invertedResidual(m, `features.${index++}`, x, { channels, expansion, out, stride: i === 0 ? stride : 1 });
      channels = out;
    }
  x = m.convBn('features.18.0', 'features.18.1', x, { out: 1280 }, 'relu6');
  m.n['prob'] = L.Softmax(m.linear('classifier.1', m.globalPool('avgpool', x), classes));
  return m.n.toProto();
}

function invertedResidual(
  m: ModuleLayers,
  name: string,
  x: Bottom,
  { channels, expansion, out, stride }: { channels: number; expansion: number; out: number; stride: number },
): Top {
  const inner = channels * expansion;
  let y = x;
  let i = 0;
  if (expansion > 1) {
    y = m.convBn(`${name}.conv.0.0`, `${name}.conv.0.1`, y, { out: inner }, 'relu6');
    i = 1;
  }
  const depthwise = { out: inner, kernel: 3, stride, groups: inner };
  y = m.convBn(`${name}.conv.${i}.0`, `${name}.conv.${i}.1`, y, depthwise, 'relu6');
  const projected = m.convBn(`${name}.conv.${i + 1}`, `${name}.conv.${i + 2}`, y, { out }, 'none');
  return stride === 1 && channels === out ? m.add(`${name}.add`, x, projected) : projected;
}
