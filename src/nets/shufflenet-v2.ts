/** shufflenet-v2: Ma et al. 2018 (1.0x), layers named as torchvision's modules: conv1.0, stage2.0.branch1.0 … fc. ShuffleChannel is a fork's layer. */
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { ModuleLayers } from './module-layers.js';
import { checkNetOptions } from './options.js';

export const shufflenetV2Options = classifierOptions('224x224');

/** Stage, units and outputs. */
const STAGES = [
  [2, 4, 116],
  [3, 8, 232],
  [4, 4, 464],
] as const;

/**
 * ShuffleNet v2, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function shufflenetV2(options: ImageClassifierOptions = {}): NetParameter {
  checkNetOptions(shufflenetV2Options, options);
  const { inputSize = [224, 224], classes = 1000 } = options;
  const m = new ModuleLayers();
  let x = m.convBn('conv1.0', 'conv1.1', m.input('data', 3, inputSize), { out: 24, kernel: 3, stride: 2 });
  x = m.maxPool('maxpool', x, { kernel: 3, stride: 2, pad: 1 });
  let channels = 24;
  for (const [stage, units, out] of STAGES) {
    x = downUnit(m, `stage${stage}.0`, x, channels, out / 2);
    for (let i = 1; i < units; i++) x = unit(m, `stage${stage}.${i}`, x, out / 2);
    channels = out;
  }
  x = m.globalPool('mean', m.convBn('conv5.0', 'conv5.1', x, { out: 1024 }));
  m.n['prob'] = L.Softmax(m.linear('fc', x, classes));
  return m.n.toProto();
}

/** Half of the channels goes through three convolutions, the other half stays as it is. */
function unit(m: ModuleLayers, name: string, x: Bottom, width: number): Top {
  const [kept, rest] = L.Slice(x, { ntop: 2, axis: 1 });
  m.n[`${name}.kept`] = kept;
  m.n[`${name}.rest`] = rest;
  return shuffle(m, name, kept, branch2(m, name, rest, width, 1));
}

/** Halves the size, and gives each of two branches half of the outputs. */
function downUnit(m: ModuleLayers, name: string, x: Bottom, channels: number, width: number): Top {
  const depthwise = { out: channels, kernel: 3, stride: 2, groups: channels };
  const a = m.convBn(`${name}.branch1.0`, `${name}.branch1.1`, x, depthwise, 'none');
  const b = m.convBn(`${name}.branch1.2`, `${name}.branch1.3`, a, { out: width });
  return shuffle(m, name, b, branch2(m, name, x, width, 2));
}

function branch2(m: ModuleLayers, name: string, x: Bottom, width: number, stride: number): Top {
  const at = (i: number): string => `${name}.branch2.${i}`;
  const a = m.convBn(at(0), at(1), x, { out: width });
  const b = m.convBn(at(3), at(4), a, { out: width, kernel: 3, stride, groups: width }, 'none');
  return m.convBn(at(5), at(6), b, { out: width });
}

function shuffle(m: ModuleLayers, name: string, a: Bottom, b: Bottom): Top {
  return (m.n[`${name}.shuffle`] = L.ShuffleChannel(m.cat(`${name}.cat`, a, b), { group: 2 }));
}
