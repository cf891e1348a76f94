/** vgg-16 and vgg-19: Simonyan & Zisserman 2014, layers named as in the authors' Caffe models: conv1_1, relu1_1 … fc8, prob. */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { checkNetOptions } from './options.js';

export const vggOptions = classifierOptions('224x224');

/** Convolutions of each stage. */
const STAGES = { 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4] } as const;
const WIDTHS = [64, 128, 256, 512, 512];

/**
 * A VGG net, from `data` to the probabilities `prob`.
 * @throws NetspecError on an unknown option or value
 */
export function vgg(depth: keyof typeof STAGES, options: ImageClassifierOptions = {}): NetParameter {
  checkNetOptions(vggOptions, options);
  const { inputSize = [224, 224], classes = 1000 } = options;
  const n = new NetSpec();
  let x: Top = (n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } }));
  x = vggBody(n, x, STAGES[depth], 5);
  for (const layer of [6, 7]) {
    const fc = (n[`fc${layer}`] = L.InnerProduct(x, { num_output: 4096 }));
    const relu = (n[`relu${layer}`] = L.ReLU(fc, { in_place: true }));
    x = n[`drop${layer}`] = L.Dropout(relu, { dropout_ratio: 0.5, in_place: true });
  }
  n['fc8'] = L.InnerProduct(x, { num_output: classes });
  n['prob'] = L.Softmax(n['fc8']);
  return n.toProto();
}

/** The stages of convolutions, each but the last `stages` ones' with its pooling. */
export function vggBody(n: NetSpec, data: Top, convolutions: readonly number[], pools: number): Top {
  let x = data;
  for (const [i, count] of convolutions.entries()) {
    for (let j = 1; j <= count; j++) {
      const name = `${i + 1}_${j}`;
      const conv = (n[`conv${name}`] = L.Convolution(x, { num_output: WIDTHS[i]!, kernel_size: 3, pad: 1 }));
      x = n[`relu${name}`] = L.ReLU(conv, { in_place: true });
    }
    if (i < pools) x = n[`pool${i + 1}`] = L.Pooling(x, { pool: 'MAX', kernel_size: 2, stride: 2 });
  }
  return x;
}
