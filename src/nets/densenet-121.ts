/** densenet-121: Huang et al. 2016, layers named as torchvision's modules: features.conv0, features.denseblock1.denselayer1.norm1 … */
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { ModuleLayers } from './module-layers.js';
import { checkNetOptions } from './options.js';

export const densenet121Options = classifierOptions('224x224');

const LAYERS = [6, 12, 24, 16];
/** Channels that each layer adds. */
const GROWTH = 32;

/**
 * DenseNet-121, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function densenet121(options: ImageClassifierOptions = {}): NetParameter {
  checkNetOptions(densenet121Options, options);
  const { inputSize = [224, 224], classes = 1000 } = options;
  const m = new ModuleLayers();
  let channels = 64;
  let x = m.convBn('features.conv0', 'features.norm0', m.input('data', 3, inputSize), {
    out: channels,
    kernel: 7,
    stride: 2,
  });
  x = m.maxPool('features.pool0', x, { kernel: 3, stride: 2, pad: 1 });
  for (const [i, layers] of LAYERS.entries()) {
    for (let j = 1; j <= layers; j++) x = denseLayer(m, `features.denseblock${i + 1}.denselayer${j}`, x);
    channels += layers * GROWTH;
    if (i === LAYERS.length - 1) continue;
    const name = `features.transition${i + 1}`;
    channels /= 2;
    x = m.conv(`${name}.conv`, normRelu(m, `${name}.norm`, x), { out: channels });
    x = m.avgPool(`${name}.pool`, x, { kernel: 2 });
  }
  x = m.globalPool('avgpool', normRelu(m, 'features.norm5', x));
  m.n['prob'] = L.Softmax(m.linear('classifier', x, classes));
  return m.n.toProto();
}

/** The batch norm has a blob of its own, since what it reads is read again further on. */
function normRelu(m: ModuleLayers, name: string, x: Bottom): Top {
  const norm = (m.n[name] = L.BatchNorm(x));
  const scale = (m.n[`${name}_scale`] = L.Scale(norm, { bias_term: true, in_place: true }));
  return m.activate(name, scale, 'relu');
}

function denseLayer(m: ModuleLayers, name: string, x: Bottom): Top {
  let y = m.conv(`${name}.conv1`, normRelu(m, `${name}.norm1`, x), { out: 4 * GROWTH });
  y = m.activate(`${name}.norm2`, m.bn(`${name}.norm2`, y), 'relu');
  y = m.conv(`${name}.conv2`, y, { out: GROWTH, kernel: 3 });
  return m.cat(`${name}.cat`, x, y);
}
