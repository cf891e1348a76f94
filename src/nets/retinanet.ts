/**
 * retinanet: Lin et al. 2017 ("Focal Loss for Dense Object Detection") over a ResNet of any depth or another classifier, up to the logits and
 * box deltas of each of five levels. The five levels' heads share their parameters by name. Layers are named as detection-v2's:
 * backbone_body_layer1_0_conv1 …, those of another classifier as in that.
 */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Top } from '../netspec/index.js';
import { backboneLayers, backbones } from './backbones.js';
import { convFrozenBn } from './conv-frozen-bn.js';
import { fpn } from './fpn.js';
import { classesOption, sizeOption, type ImageNetOptions } from './image-net.js';
import { checkNetOptions, type NetOption } from './options.js';
import { checkPyramidSize } from './pyramid-size.js';
import { resnetStage } from './resnet-stage.js';
import { rpnTower } from './rpn-tower.js';

export interface RetinanetOptions extends ImageNetOptions {
  /** Number of classes. @default 80 */
  classes?: number;
  /** Layers of a ResNet with frozen batch norms, or the name of a classifier. @default '50' */
  backbone?: keyof typeof BLOCKS | keyof typeof backbones;
  /** Channels of the pyramid and the heads. @default 256 */
  channels?: number;
  /** Anchors of each cell. @default 9 */
  anchors?: number;
}

const BLOCKS = {
  '18': [2, 2, 2, 2],
  '34': [3, 4, 6, 3],
  '50': [3, 4, 6, 3],
  '101': [3, 4, 23, 3],
  '152': [3, 8, 36, 3],
} as const;

export const retinanetOptions: readonly NetOption[] = [
  sizeOption('512x512'),
  classesOption('80'),
  {
    name: 'backbone',
    type: 'choice',
    choices: [...Object.keys(BLOCKS), ...Object.keys(backbones)],
    default: '50',
    describe: 'layers of a ResNet with frozen batch norms, or a named net',
  },
  { name: 'channels', type: 'count', default: '256', describe: 'channels of the pyramid and of the heads' },
  { name: 'anchors', type: 'count', default: '9', describe: 'anchors of each cell' },
];

/**
 * RetinaNet, from `data` to `cls_logits_pN` and `bbox_pred_pN`. The input's sides must be multiples of 32.
 * @throws NetspecError on an unknown option or value, and for an input whose sides are no multiples of 32
 */
export function retinanet(options: RetinanetOptions = {}): NetParameter {
  checkNetOptions(retinanetOptions, options);
  const { classes = 80, backbone = '50', channels = 256, anchors = 9 } = options;
  const inputSize = checkPyramidSize(options.inputSize ?? [512, 512]);
  const heads = { channels, classes, anchors };
  if (isDepth(backbone)) {
    const n = new NetSpec();
    addPyramid(n, frozenResnet(n, backbone, inputSize), heads);
    return n.toProto();
  }
  const { layers, blobs } = backboneLayers(backbone, { inputSize });
  const n = new NetSpec();
  // They stand for the body's blobs while the rest is built, and its layers take their place.
  const [c2, c3, c4] = blobs.map((blob) => (n[blob] = L.Input())) as [Top, Top, Top];
  addPyramid(n, { c2, c3, c4 }, heads);
  return { layer: [...layers, ...n.toProto().layer!.filter(({ type }) => type !== 'Input')] };
}

function isDepth(backbone: string): backbone is keyof typeof BLOCKS {
  return Object.hasOwn(BLOCKS, backbone);
}

interface Stages {
  c2: Top;
  c3: Top;
  c4: Top;
}

/** A ResNet whose batch norms are frozen, as detectors are trained. */
function frozenResnet(n: NetSpec, depth: keyof typeof BLOCKS, inputSize: readonly [number, number]): Stages {
  const data = (n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } }));
  const stem = { conv: 'backbone_body_stem_conv1', bn: 'backbone_body_stem_bn1' };
  const bn = convFrozenBn(n, stem, data, { channels: 64, kernel: 7, stride: 2, pad: 3, inPlace: true });
  const relu = (n['backbone_body_stem_relu'] = L.ReLU(bn, { in_place: true }));
  const pooling = { pool: 'MAX', kernel_size: 3, stride: 2, pad: 1, round_mode: 'FLOOR' } as const;
  let x: Top = (n['backbone_body_stem_maxpool'] = L.Pooling(relu, pooling));
  const stages = BLOCKS[depth].map((blocks, i) => {
    const block = Number(depth) < 50 ? 'basic' : 'bottleneck';
    const stage = { width: 64 * 2 ** i, blocks, stride: i === 0 ? 1 : 2, block, inPlace: true } as const;
    return (x = resnetStage(n, `backbone_body_layer${i + 1}`, x, stage));
  });
  const [, c2, c3, c4] = stages as [Top, Top, Top, Top];
  return { c2, c3, c4 };
}

interface Heads {
  channels: number;
  classes: number;
  anchors: number;
}

function addPyramid(n: NetSpec, stages: Stages, { channels, classes, anchors }: Heads): void {
  for (const [level, feature] of Object.entries(fpn(n, 'backbone_fpn', stages, { channels }))) {
    const tower = { channels, inPlace: true, shareParams: true };
    const cls = { tower: 'cls_tower', prediction: 'cls_logits', level };
    rpnTower(n, cls, feature, { ...tower, outputs: anchors * classes });
    const bbox = { tower: 'bbox_tower', prediction: 'bbox_pred', level };
    rpnTower(n, bbox, feature, { ...tower, outputs: 4 * anchors });
  }
}
