/**
 * retinanet: Lin et al. 2017 ("Focal Loss for Dense Object Detection") over a ResNet of any depth, up to the logits and box deltas of each of five
 * levels. The five levels' heads share their parameters by name. Layers are named as detection-v2's: backbone_body_layer1_0_conv1 …
 */
import type { NetParameter } from '../generated/messages.js';
import { L, NetSpec, type Top } from '../netspec/index.js';
import { convFrozenBn } from './conv-frozen-bn.js';
import { fpn } from './fpn.js';
import { classesOption, sizeOption, type ImageNetOptions } from './image-net.js';
import { checkNetOptions, type NetOption } from './options.js';
import { resnetStage } from './resnet-stage.js';
import { rpnTower } from './rpn-tower.js';

export interface RetinanetOptions extends ImageNetOptions {
  /** Number of classes. @default 80 */
  classes?: number;
  /** Layers of the ResNet. @default '50' */
  backbone?: keyof typeof BLOCKS;
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
  { name: 'backbone', type: 'choice', choices: Object.keys(BLOCKS), default: '50', describe: 'layers of the ResNet' },
  { name: 'channels', type: 'count', default: '256', describe: 'channels of the pyramid and of the heads' },
  { name: 'anchors', type: 'count', default: '9', describe: 'anchors of each cell' },
];

/**
 * RetinaNet, from `data` to `cls_logits_pN` and `bbox_pred_pN`. The input's sides must be multiples of 32.
 * @throws NetspecError on an unknown option or value
 */
export function retinanet(options: RetinanetOptions = {}): NetParameter {
  checkNetOptions(retinanetOptions, options);
  const { inputSize = [512, 512], classes = 80, backbone = '50', channels = 256, anchors = 9 } = options;
  const n = new NetSpec();
  const data = (n['data'] = L.Input({ shape: { dim: [1, 3, ...inputSize] } }));
  const stem = { conv: 'backbone_body_stem_conv1', bn: 'backbone_body_stem_bn1' };
  const bn = convFrozenBn(n, stem, data, { channels: 64, kernel: 7, stride: 2, pad: 3, inPlace: true });
  const relu = (n['backbone_body_stem_relu'] = L.ReLU(bn, { in_place: true }));
  const pooling = { pool: 'MAX', kernel_size: 3, stride: 2, pad: 1, round_mode: 'FLOOR' } as const;
  let x: Top = (n['backbone_body_stem_maxpool'] = L.Pooling(relu, pooling));
  const stages = BLOCKS[backbone].map((blocks, i) => {
    const block = Number(backbone) < 50 ? 'basic' : 'bottleneck';
    const stage = { width: 64 * 2 ** i, blocks, stride: i === 0 ? 1 : 2, block, inPlace: true } as const;
    return (x = resnetStage(n, `backbone_body_layer${i + 1}`, x, stage));
  });
  const [, c2, c3, c4] = stages as [Top, Top, Top, Top];
  for (const [level, feature] of Object.entries(fpn(n, 'backbone_fpn', { c2, c3, c4 }, { channels }))) {
    const tower = { channels, inPlace: true, shareParams: true };
    const cls = { tower: 'cls_tower', prediction: 'cls_logits', level };
    rpnTower(n, cls, feature, { ...tower, outputs: anchors * classes });
    const bbox = { tower: 'bbox_tower', prediction: 'bbox_pred', level };
    rpnTower(n, bbox, feature, { ...tower, outputs: 4 * anchors });
  }
  return n.toProto();
}
