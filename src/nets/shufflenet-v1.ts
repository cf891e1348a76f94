/** shufflenet-v1: Zhang et al. 2017 (1x, 3 groups). Layers are named by stage and unit: stage2.0.conv1, stage2.0.bn1 … fc. ShuffleChannel is a fork's layer. */
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { ModuleLayers } from './module-layers.js';
import { checkNetOptions } from './options.js';

export const shufflenetV1Options = classifierOptions('224x224');

const GROUPS = 3;
/** Stage, units and outputs. */
const STAGES = [
  [2, 4, 240],
  [3, 8, 480],
  [4, 4, 960],
] as const;

/**
 * ShuffleNet v1, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function shufflenetV1(options: ImageClassifierOptions = {}): NetParameter {
  checkNetOptions(shufflenetV1Options, options);
  const { inputSize = [224, 224], classes = 1000 } = options;
  const m = new ModuleLayers();
  let x = m.convBn('conv1', 'bn1', m.input('data', 3, inputSize), { out: 24, kernel: 3, stride: 2 });
  x = m.maxPool('maxpool', x, { kernel: 3, stride: 2, pad: 1 });
  let channels = 24;
  for (const [stage, units, out] of STAGES)
    for (let i = 0; i < units; i++) {
      // The first 1x1 convolution of all reads too few channels to be cut into groups.
      const groups = stage === 2 && i === 0 ? 1 : GROUPS;
      x = unit(m, `stage${stage}.${i}`, x, { channels, out, groups, isFirst: i === 0 });
      channels = out;
    }
  m.n['prob'] = L.Softmax(m.linear('fc', m.globalPool('avgpool', x), classes));
  return m.n.toProto();
}

interface UnitOptions {
  channels: number;
  out: number;
  groups: number;
  /** Halves the size, and keeps its input beside what it adds. */
  isFirst: boolean;
}

function unit(m: ModuleLayers, name: string, x: Bottom, { channels, out, groups, isFirst }: UnitOptions): Top {
  const inner = out / 4;
  const reduced = m.convBn(`${name}.conv1`, `${name}.bn1`, x, { out: inner, groups });
  const mixed = (m.n[`${name}.shuffle`] = L.ShuffleChannel(reduced, { group: GROUPS }));
  const depthwise = { out: inner, kernel: 3, stride: isFirst ? 2 : 1, groups: inner };
  const y = m.convBn(`${name}.conv2`, `${name}.bn2`, mixed, depthwise, 'none');
  const wide = { out: isFirst ? out - channels : out, groups: GROUPS };
  const z = m.convBn(`${name}.conv3`, `${name}.bn3`, y, wide, 'none');
  const joined = isFirst
    ? m.cat(`${name}.cat`, m.avgPool(`${name}.avgpool`, x, { kernel: 3, stride: 2, pad: 1 }), z)
    : m.add(`${name}.add`, x, z);
  return m.activate(name, joined, 'relu');
}
