/**
 * detection-v2: a text detector of maskrcnn_benchmark's making. ResNet-50 with frozen batch norm, a feature pyramid of
 * 1024 channels, and a RetinaNet head of one class whose towers are unrolled over five levels. docs/detection-v2.md.
 */
import type { NetParameter } from '../generated/messages.js';
import { NetspecError } from '../errors.js';
import { L, NetSpec, type Bottom, type Top } from '../netspec/index.js';
import { convFrozenBn } from './conv-frozen-bn.js';
import { fpn } from './fpn.js';
import { checkNetOptions, type NetOption } from './options.js';
import { checkPyramidSize } from './pyramid-size.js';
import { resnetStage } from './resnet-stage.js';
import { rpnTower } from './rpn-tower.js';
import { upsamplings, type Upsampling } from './upsample.js';

/** Options of {@link detectionV2}. */
export interface DetectionV2Options {
  /**
   * `default` equals the PyTorch model. `notebook` is what a pycaffe notebook made of it, mistakes included (DummyData for
   * an input, dense bilinear upsampling, P6 rectified in place), for nets and weights that were made with it.
   * @default 'default'
   */
  variant?: 'default' | 'notebook';
  /**
   * The stem's pooling: `ceil` is Caffe's own rounding, without padding (PyTorch's `ceil_mode=True, padding=0`);
   * `floor-pad1` is PyTorch's usual `padding=1`. @default 'ceil'
   */
  stemPool?: 'ceil' | 'floor-pad1';
  /** How the pyramid upsamples. @default 'nearest', in the notebook variant 'bilinear-dense' */
  upsample?: Upsampling;
  /** Scale and ReLU write over their bottoms wherever nothing else reads them. @default false */
  inPlace?: boolean;
  /** The five levels' towers share their parameters by name; the first level owns them. @default false */
  shareParams?: boolean;
  /** Height and width of the input, multiples of 32. @default [480, 576] */
  inputSize?: readonly [height: number, width: number];
  /** Channels of the stem. @default 64 */
  stemWidth?: number;
  /** Channels inside the bottlenecks of the four stages, which put out four times as many. @default [64, 128, 256, 512] */
  stageWidths?: readonly [number, number, number, number];
  /** Channels of the pyramid and of the head's towers. @default 1024 */
  pyramidChannels?: number;
  /** `backbone` ends with the body (C4), before the pyramid. @default 'full' */
  part?: 'backbone' | 'full';
}

/** The options as the command line takes them. */
export const detectionV2Options: readonly NetOption[] = [
  {
    name: 'variant',
    type: 'choice',
    choices: ['default', 'notebook'],
    default: 'default',
    describe: 'the net that equals the PyTorch model, or the one that the pycaffe notebook made, mistakes included',
  },
  {
    name: 'part',
    type: 'choice',
    choices: ['full', 'backbone'],
    default: 'full',
    describe: 'the whole net, or the body up to C4 only',
  },
  { name: 'input-size', type: 'size', default: '480x576', describe: 'height x width of the input, multiples of 32' },
  {
    name: 'stem-pool',
    type: 'choice',
    choices: ['ceil', 'floor-pad1'],
    default: 'ceil',
    describe: "pooling of the stem: Caffe's rounding up without padding, or PyTorch's rounding down with padding 1",
  },
  {
    name: 'upsample',
    type: 'choice',
    choices: upsamplings,
    describe: 'upsampling of the pyramid (default: nearest; in the notebook variant: bilinear-dense)',
  },
  { name: 'in-place', type: 'flag', default: false, describe: 'Scale and ReLU in place, wherever that is safe' },
  { name: 'share-params', type: 'flag', default: false, describe: "the levels' towers share their parameters by name" },
  { name: 'stem-width', type: 'count', default: '64', describe: 'channels of the stem' },
  {
    name: 'stage-widths',
    type: 'counts',
    length: 4,
    default: '64,128,256,512',
    describe: 'channels inside the bottlenecks of the four stages',
  },
  { name: 'pyramid-channels', type: 'count', default: '1024', describe: 'channels of the pyramid and of the towers' },
];

const BLOCKS = [3, 4, 6, 3];
const ANCHORS_PER_CELL = 9;

/**
 * The detection-v2 network.
 * @throws NetspecError on an unknown option or value, an input size that is no multiple of 32, or options that
 * contradict the notebook variant
 * @example
 * const net = detectionV2({ part: 'backbone', inputSize: [64, 64] });
 * netShapes(net).blobs.get('data'); // → [1, 3, 64, 64]
 */
export function detectionV2(options: DetectionV2Options = {}): NetParameter {
  checkNetOptions(detectionV2Options, options);
  const notebook = options.variant === 'notebook';
  if (notebook) checkNotebook(options);
  const { stemPool = 'ceil', inPlace = false, shareParams = false, part = 'full' } = options;
  const { stemWidth = 64, stageWidths = [64, 128, 256, 512], pyramidChannels = 1024 } = options;
  const upsampling = options.upsample ?? (notebook ? 'bilinear-dense' : 'nearest');
  const [height, width] = checkPyramidSize(options.inputSize ?? [480, 576]);

  const n = new NetSpec();
  const shape = { dim: [1, 3, height, width] };
  const data = (n['data'] = notebook ? L.DummyData({ shape }) : L.Input({ shape }));

  let x: Top = stem(n, 'backbone_body_stem', data, stemWidth, stemPool, inPlace);
  const stages = stageWidths.map((stageWidth, i) => {
    const stage = { width: stageWidth, blocks: BLOCKS[i]!, stride: i === 0 ? 1 : 2, inPlace };
    return (x = resnetStage(n, `backbone_body_layer${i + 1}`, x, stage));
  });
  if (part === 'backbone') return n.toProto();

  const [, c2, c3, c4] = stages as [Top, Top, Top, Top];
  const pyramid = fpn(
    n,
    'backbone_fpn',
    { c2, c3, c4 },
    { channels: pyramidChannels, upsampling, rectifiedP6: notebook },
  );
  const tower = { channels: pyramidChannels, inPlace: inPlace || notebook, shareParams };
  for (const [level, feature] of Object.entries(pyramid)) {
    const cls = { tower: 'rpn_head_cls_tower', prediction: 'rpn_head_cls_logits', level };
    rpnTower(n, cls, feature, { ...tower, outputs: ANCHORS_PER_CELL });
    const bbox = { tower: 'rpn_head_bbox_tower', prediction: 'rpn_head_bbox_pred', level };
    rpnTower(n, bbox, feature, { ...tower, outputs: 4 * ANCHORS_PER_CELL });
  }
  return n.toProto();
}

function stem(
  n: NetSpec,
  name: string,
  data: Bottom,
  channels: number,
  pool: 'ceil' | 'floor-pad1',
  inPlace: boolean,
): Top {
  const names = { conv: `${name}_conv1`, bn: `${name}_bn1` };
  const bn = convFrozenBn(n, names, data, { channels, kernel: 7, stride: 2, pad: 3, inPlace });
  const relu = (n[`${name}_relu`] = L.ReLU(bn, { in_place: inPlace }));
  const floorPad1 = pool === 'floor-pad1' ? ({ pad: 1, round_mode: 'FLOOR' } as const) : {};
  return (n[`${name}_maxpool`] = L.Pooling(relu, { pool: 'MAX', kernel_size: 3, stride: 2, ...floorPad1 }));
}

/** The notebook variant is one net, but for its sizes. */
function checkNotebook(options: DetectionV2Options): void {
  const fixed = { stemPool: 'ceil', upsample: 'bilinear-dense', inPlace: false, shareParams: false } as const;
  for (const [key, value] of Object.entries(fixed)) {
    const given = options[key as keyof typeof fixed];
    if (given !== undefined && given !== value)
      throw new NetspecError(`${key} ${given} contradicts variant notebook, which has ${key} ${value}`, {
        hint: `leave ${key} out for the notebook's net, or variant out for a net of your choice`,
      });
  }
}
