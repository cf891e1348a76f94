/** detect-head: the options that say what kind of head a detector has, and where. */
import { NetspecError } from '../../errors.js';
import { readText } from '../../node/files.js';
import { HEAD_KINDS, kindOf, type HeadKind, type HeadOptions } from '../../vision/heads/kinds.js';
import type { HeadNames } from '../../vision/heads/retina-net.js';
import type { YoloAnchor } from '../../vision/heads/yolo.js';
import type { VisionNet } from '../../vision/net-interface.js';
import { options, type ValuesOf } from './options.js';

const group = 'Head:';

export const HEAD_OPTIONS = options({
  head: {
    type: 'string',
    choices: ['auto', ...HEAD_KINDS],
    default: 'auto',
    describe:
      "rows: the net's last layer gives detections; region: a Region layer; yolov2, yolov3: raw maps, with --anchors",
    group,
  },
  score: { type: 'number', describe: 'lowest score of a box [default: 0.3, retinanet: 0.05]', group },
  nms: {
    type: 'number',
    describe: 'overlap (IoU) above which the box of lower score is removed [default: 0.45, retinanet: 0.4]',
    group,
  },
  top: { type: 'number', default: 100, describe: 'largest number of boxes in a picture', group },
  topPerLevel: {
    type: 'number',
    describe: 'retinanet: largest number of candidates in a level [default: 1000]',
    group,
  },
  anchors: {
    type: 'string',
    describe:
      'JSON file. retinanet: sizes, strides, aspect_ratios, scales_per_octave, octave; or cell_anchors, strides. yolo: anchors',
    group,
  },
  maps: {
    type: 'string',
    describe: "yolo: names of the maps, in the order of the anchors [default: the net's outputs]",
    group,
  },
  levels: {
    type: 'string',
    describe: 'retinanet: names of the levels; each replaces {level} [default: p2,p3,p4,p6,p7]',
    group,
  },
  logits: {
    type: 'string',
    describe:
      'retinanet: blobs with the logits: a name for each level, or one with {level} [default: rpn_head_cls_logits_{level}]',
    group,
  },
  deltas: {
    type: 'string',
    describe: 'retinanet: blobs with the box deltas, in the same form [default: rpn_head_bbox_pred_{level}]',
    group,
  },
});
export type HeadWords = ValuesOf<typeof HEAD_OPTIONS>;

/** Options that only some kinds of heads take. */
const ONLY: readonly { option: keyof HeadWords; word: string; kinds: readonly HeadKind[] }[] = [
  { option: 'nms', word: 'nms', kinds: ['region', 'retinanet', 'yolov2', 'yolov3'] },
  { option: 'anchors', word: 'anchors', kinds: ['retinanet', 'yolov2', 'yolov3'] },
  { option: 'maps', word: 'maps', kinds: ['yolov2', 'yolov3'] },
  { option: 'topPerLevel', word: 'top-per-level', kinds: ['retinanet'] },
  { option: 'levels', word: 'levels', kinds: ['retinanet'] },
  { option: 'logits', word: 'logits', kinds: ['retinanet'] },
  { option: 'deltas', word: 'deltas', kinds: ['retinanet'] },
];

/**
 * Reads and checks what is said about the head, before a net of gigabytes is loaded.
 * @returns the head of a net
 */
export async function readHead(words: HeadWords): Promise<(net: VisionNet) => HeadOptions> {
  checkSelection(words);
  const { head, maps, score: scoreThreshold, nms: nmsThreshold, top, topPerLevel } = words;
  const limits = { scoreThreshold, nmsThreshold, top };
  const isYolo = head === 'yolov2' || head === 'yolov3';
  if (head !== 'auto') checkKind(words, head);
  if (isYolo) {
    if (words.anchors === undefined)
      throw new NetspecError(`--head ${head} needs --anchors FILE.json`, { hint: ANCHORS_HINT });
    const anchors = await readYoloAnchors(words.anchors);
    const names = maps?.split(',').map((name) => name.trim());
    return () => ({ kind: head, anchors, maps: names, ...limits });
  }
  const anchors =
    words.anchors === undefined ? undefined : await (await import('./anchors-file.js')).readAnchors(words.anchors);
  const heads = head === 'retinanet' ? headNames(words) : undefined;
  return (net) => {
    const kind = head === 'auto' ? kindOf(net) : head;
    if (head === 'auto') checkKind(words, kind);
    if (kind !== 'retinanet') return { kind, ...limits };
    const select = Object.fromEntries(
      Object.entries({ ...limits, topPerLevel }).filter(([, value]) => value !== undefined),
    );
    return { kind, anchors, heads: heads ?? headNames(words), select };
  };
}

/** By the options' own names. */
function checkSelection({ score, nms, top, topPerLevel }: HeadWords): void {
  for (const [option, value] of Object.entries({ score, nms }))
    if (value !== undefined && !(value >= 0 && value <= 1))
      throw new NetspecError(`--${option} must be from 0 to 1, got ${value}`);
  for (const [option, value] of [
    ['top', top],
    ['top-per-level', topPerLevel],
  ] as const)
    if (value !== undefined && (!Number.isInteger(value) || value < 1))
      throw new NetspecError(`--${option} must be whole and at least 1, got ${value}`);
}

function checkKind(words: HeadWords, kind: HeadKind): void {
  for (const { option, word, kinds } of ONLY)
    if (words[option] !== undefined && !kinds.includes(kind))
      throw new NetspecError(`--${word} is for heads of the kinds ${kinds.join(', ')}; this one is ${kind}`, {
        hint:
          option === 'nms'
            ? 'the last layer has removed what overlaps: its own parameters say how much'
            : 'name the kind with --head',
      });
}

function headNames({ levels = 'p2,p3,p4,p6,p7', logits, deltas }: HeadWords): HeadNames[] {
  const names = (pattern: string) =>
    pattern.includes('{level}')
      ? levels.split(',').map((level) => pattern.replaceAll('{level}', level.trim()))
      : pattern.split(',').map((name) => name.trim());
  const [l, d] = [names(logits ?? 'rpn_head_cls_logits_{level}'), names(deltas ?? 'rpn_head_bbox_pred_{level}')];
  if (l.length !== d.length)
    throw new NetspecError(`--logits names ${l.length} blobs, --deltas ${d.length}: a level needs one of each`);
  return l.map((name, i) => ({ logits: name, deltas: d[i]! }));
}

const ANCHORS_HINT = 'for example { "anchors": [[[10, 14], [23, 27], [37, 58]], [[81, 82], [135, 169], [344, 319]]] }';

/** @throws NetspecError naming the file for what is no JSON, or no lists of pairs of numbers for each map. */
async function readYoloAnchors(file: string): Promise<YoloAnchor[][]> {
  let value: unknown;
  try {
    value = JSON.parse(await readText(file));
  } catch (cause) {
    if (cause instanceof NetspecError) throw cause;
    throw new NetspecError(`not JSON: ${(cause as Error).message}`, { file, cause });
  }
  const { anchors } = (value ?? {}) as { anchors?: unknown };
  const isPair = (each: unknown): each is YoloAnchor =>
    Array.isArray(each) && each.length === 2 && each.every((side) => typeof side === 'number');
  const isMap = (each: unknown): each is YoloAnchor[] => Array.isArray(each) && each.every(isPair);
  if (!Array.isArray(anchors) || anchors.length === 0 || !anchors.every(isMap))
    throw new NetspecError('expected anchors, a list of [width, height] for each map', { file, hint: ANCHORS_HINT });
  return anchors;
}
