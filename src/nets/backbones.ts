/**
 * Classifiers as the bodies of detectors: their layers up to the last feature map, and which blobs are a half, a quarter and an eighth
 * of the finest of three sizes. Layers keep their names, so the classifier's weights fill them.
 */
import type { LayerParameter, NetParameter } from '../generated/messages.js';
import { densenet121 } from './densenet-121.js';
import { efficientnetLite0 } from './efficientnet-lite0.js';
import { googlenet } from './googlenet.js';
import type { ImageNetOptions } from './image-net.js';
import { mobilenetV1 } from './mobilenet-v1.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { mobilenetV3 } from './mobilenet-v3.js';
import { resnet } from './resnet.js';
import { shufflenetV1 } from './shufflenet-v1.js';
import { shufflenetV2 } from './shufflenet-v2.js';
import { resnext50, seResnet50, torchResnet } from './torch-resnet.js';
import { vgg } from './vgg.js';

interface Backbone {
  build: (options: ImageNetOptions) => NetParameter;
  /** Blobs of an 8th, a 16th and a 32nd of the input's size: the last ones of their stages. */
  blobs: readonly [c2: string, c3: string, c4: string];
}

/** What the stages of torchvision's and the authors' ResNets end in. */
const torchStages = (...last: readonly number[]): Backbone['blobs'] =>
  last.map((block, i) => `layer${i + 2}.${block}.add`) as unknown as Backbone['blobs'];
const caffeStages = (...last: readonly string[]): Backbone['blobs'] =>
  last.map((block, i) => `res${i + 3}${block}`) as unknown as Backbone['blobs'];

export const backbones = {
  'densenet-121': {
    build: densenet121,
    blobs: ['features.denseblock2.denselayer12.cat', 'features.denseblock3.denselayer24.cat', 'features.norm5'],
  },
  'efficientnet-lite0': {
    build: efficientnetLite0,
    blobs: ['blocks.2.1.add', 'blocks.4.2.add', 'blocks.6.0.conv_pwl'],
  },
  googlenet: { build: googlenet, blobs: ['inception_3b/output', 'inception_4e/output', 'inception_5b/output'] },
  'mobilenet-v1': { build: mobilenetV1, blobs: ['conv4_1/sep', 'conv5_5/sep', 'conv6/sep'] },
  'mobilenet-v2': { build: mobilenetV2, blobs: ['features.6.add', 'features.13.add', 'features.18.0'] },
  'mobilenet-v3-large': {
    build: (options) => mobilenetV3('large', options),
    blobs: ['features.6.add', 'features.12.add', 'features.16.1_hardswish'],
  },
  'mobilenet-v3-small': {
    build: (options) => mobilenetV3('small', options),
    blobs: ['features.3.add', 'features.8.add', 'features.12.1_hardswish'],
  },
  'resnet-18': { build: (options) => resnet(18, options), blobs: caffeStages('b', 'b', 'b') },
  'resnet-34': { build: (options) => resnet(34, options), blobs: caffeStages('d', 'f', 'c') },
  'resnet-50': { build: (options) => resnet(50, options), blobs: caffeStages('d', 'f', 'c') },
  'resnet-101': { build: (options) => resnet(101, options), blobs: caffeStages('b3', 'b22', 'c') },
  'resnet-152': { build: (options) => resnet(152, options), blobs: caffeStages('b7', 'b35', 'c') },
  'resnext-50': { build: resnext50, blobs: torchStages(3, 5, 2) },
  'se-resnet-50': { build: seResnet50, blobs: torchStages(3, 5, 2) },
  'shufflenet-v1': { build: shufflenetV1, blobs: ['stage2.3.add', 'stage3.7.add', 'stage4.3.add'] },
  'shufflenet-v2': { build: shufflenetV2, blobs: ['stage2.3.shuffle', 'stage3.7.shuffle', 'conv5.0'] },
  'torch-resnet-18': { build: (options) => torchResnet(18, options), blobs: torchStages(1, 1, 1) },
  'torch-resnet-34': { build: (options) => torchResnet(34, options), blobs: torchStages(3, 5, 2) },
  'torch-resnet-50': { build: (options) => torchResnet(50, options), blobs: torchStages(3, 5, 2) },
  'torch-resnet-101': { build: (options) => torchResnet(101, options), blobs: torchStages(3, 22, 2) },
  'torch-resnet-152': { build: (options) => torchResnet(152, options), blobs: torchStages(7, 35, 2) },
  'vgg-16': { build: (options) => vgg(16, options), blobs: ['conv4_3', 'conv5_3', 'pool5'] },
  'vgg-19': { build: (options) => vgg(19, options), blobs: ['conv4_4', 'conv5_4', 'pool5'] },
} as const satisfies Record<string, Backbone>;

/** The layers of a classifier up to its last feature map, with the blobs that a pyramid begins at. */
export function backboneLayers(
  name: keyof typeof backbones,
  options: ImageNetOptions,
): { layers: LayerParameter[]; blobs: Backbone['blobs'] } {
  const { build, blobs }: Backbone = backbones[name];
  const { layer = [] } = build(options);
  const end = layer.findLastIndex(({ top = [] }) => top.includes(blobs[2]));
  return { layers: layer.slice(0, end + 1), blobs };
}
