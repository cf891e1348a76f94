/**
 * select: from the outputs of a RetinaNet head to the boxes that it means: score filter, the best of each level, decoding,
 * non-maximum suppression by class over all levels, the best of all.
 */
import { LIST, OBJECT, OPTIONS, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { AnchorLevel } from './anchors.js';
import { clipBox, decodeBox, DETECTION_BOX_CODING, suppressOverlaps, type Box, type BoxCoding } from './boxes.js';
import type { Size } from './image.js';

/** How {@link selectDetections} chooses boxes. */
export interface SelectOptions {
  /** Scores must be above this. */
  scoreThreshold: number;
  /** Of two boxes of a class that overlap by this or more, the one of lower score goes. */
  nmsThreshold: number;
  /** The best candidates of a level that are looked at. */
  topPerLevel: number;
  /** The best boxes that are kept in the end, over all classes. */
  top: number;
  boxCoding: BoxCoding;
}

/** maskrcnn_benchmark's defaults for RetinaNet. */
export const DETECTION_SELECT: SelectOptions = {
  scoreThreshold: 0.05,
  nmsThreshold: 0.4,
  topPerLevel: 1000,
  top: 100,
  boxCoding: DETECTION_BOX_CODING,
};

/** A blob's shape and values, as far as they are read here. */
export interface HeadBlob {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a head gives for one level. */
export interface HeadOutput {
  /** What errors call the two blobs. */
  readonly names?: { readonly logits: string; readonly deltas: string };
  /** [1, anchors·classes, height, width], before the sigmoid. */
  readonly logits: HeadBlob;
  /** [1, anchors·4, height, width]. */
  readonly deltas: HeadBlob;
}

/** A box that was found. */
export interface Detection {
  box: Box;
  /** 0..1 */
  score: number;
  /** Class, counted from 1: 0 is the background, which a RetinaNet head has no output for. */
  label: number;
}

/**
 * The boxes that a head's outputs mean, best first, in pixels of the resized image.
 * Source: RetinaNetPostProcessor of maskrcnn_benchmark. Where scores are equal, the order is that of levels, cells and
 * anchors; PyTorch's is then not defined.
 * @param image size of the picture within the input blob: boxes are clipped to it, not to the padding
 * @throws NetspecError when shapes do not fit the anchors, or an output is not a number.
 * @example
 * const level = { stride: 8, cell: Float32Array.of(0, 0, 15, 15) };
 * const logits = { shape: [1, 1, 1, 1], data: Float32Array.of(2) };
 * const deltas = { shape: [1, 4, 1, 1], data: new Float32Array(4) };
 * const [found] = selectDetections([{ logits, deltas }], [level], { width: 32, height: 32 });
 * found!.box; // → [0, 0, 15, 15]
 */
export function selectDetections(
  heads: readonly HeadOutput[],
  anchors: readonly AnchorLevel[],
  image: Size,
  options: Partial<SelectOptions> = {},
): Detection[] {
  checkArguments('selectDetections()', {
    heads: [heads, LIST],
    anchors: [anchors, LIST],
    image: [image, OBJECT],
    options: [options, OPTIONS],
  });
  const { scoreThreshold, nmsThreshold, topPerLevel, top, boxCoding } = checkSelect({
    ...DETECTION_SELECT,
    ...options,
  });
  if (heads.length !== anchors.length)
    throw new NetspecError(`the head has ${heads.length} levels, the anchors ${anchors.length}`);
  const candidates = heads.flatMap((head, i) =>
    bestOfLevel(head, anchors[i]!, Math.fround(scoreThreshold), topPerLevel).map(
      ({ score, label, anchor, deltas }): Detection => ({
        box: clipBox(decodeBox(anchor, deltas, boxCoding), image),
        score,
        label,
      }),
    ),
  );
  const boxes = candidates.map(({ box }) => box);
  const byLabel = new Map<number, number[]>();
  candidates.forEach(({ label }, i) => {
    const members = byLabel.get(label);
    if (members) members.push(i);
    else byLabel.set(label, [i]);
  });
  const byScore = (a: number, b: number) => candidates[b]!.score - candidates[a]!.score;
  const kept = [...byLabel.values()].flatMap((members) =>
    suppressOverlaps(boxes, members.sort(byScore), nmsThreshold, top),
  );
  // Sorted by index first, so that equal scores stay in the candidates' order whatever their classes are.
  return kept
    .sort((a, b) => a - b)
    .sort(byScore)
    .slice(0, top)
    .map((i) => candidates[i]!);
}

/** @throws NetspecError for a threshold or a count that cannot be meant. */
export function checkSelect(options: SelectOptions): SelectOptions {
  for (const name of ['scoreThreshold', 'nmsThreshold'] as const)
    if (!(options[name] >= 0 && options[name] <= 1))
      throw new NetspecError(`${name} must be from 0 to 1, got ${options[name]}`);
  for (const name of ['topPerLevel', 'top'] as const)
    if (!Number.isInteger(options[name]) || options[name] < 1)
      throw new NetspecError(`${name} must be whole and at least 1, got ${options[name]}`);
  return options;
}

interface Candidate {
  score: number;
  label: number;
  anchor: Box;
  deltas: Box;
}

/** The candidates of a level above the threshold, best first, at most `most`. */
function bestOfLevel(head: HeadOutput, { stride, cell }: AnchorLevel, threshold: number, most: number): Candidate[] {
  const { anchors, classes, height, width } = headShape(head, cell.length / 4);
  const { data: logits } = head.logits;
  const { data: deltas } = head.deltas;
  const cells = height * width;
  checkNumbers(logits, head.names?.logits ?? 'the logits');
  // What comes first here wins among equals: cell by cell, anchor by anchor, class by class.
  const found: { score: number; at: number; anchor: number; label: number }[] = [];
  for (let at = 0; at < cells; at++)
    for (let anchor = 0; anchor < anchors; anchor++)
      for (let c = 0; c < classes; c++) {
        const score = sigmoid(logits[(anchor * classes + c) * cells + at]!);
        if (score > threshold) found.push({ score, at, anchor, label: c + 1 });
      }
  found.sort((a, b) => b.score - a.score);
  return found.slice(0, most).map(({ score, at, anchor, label }) => {
    const [x, y] = [(at % width) * stride, Math.floor(at / width) * stride];
    const delta = [0, 1, 2, 3].map((i) => deltas[(anchor * 4 + i) * cells + at]!) as Box;
    checkNumbers(delta, head.names?.deltas ?? 'the deltas');
    const placed = [x, y, x, y].map((shift, i) => Math.fround(cell[anchor * 4 + i]! + shift)) as Box;
    return { score, label, anchor: placed, deltas: delta };
  });
}

function headShape({ logits, deltas, names }: HeadOutput, anchors: number) {
  const { logits: l, deltas: d } = { logits: 'the logits', deltas: 'the deltas', ...names };
  const of = (shape: readonly number[]) => shape.join('x');
  for (const [name, { shape }] of [
    [l, logits],
    [d, deltas],
  ] as const)
    if (shape.length !== 4 || shape[0] !== 1)
      throw new NetspecError(`${name}: expected one image and 4 axes, got ${of(shape)}`);
  const [, channels, height, width] = logits.shape as [number, number, number, number];
  if (deltas.shape[1] !== anchors * 4)
    throw new NetspecError(`${d}: ${deltas.shape[1]!} channels, but ${anchors} anchors a cell need ${anchors * 4}`);
  if (channels === 0 || channels % anchors !== 0)
    throw new NetspecError(`${l}: ${channels} channels are no multiple of the ${anchors} anchors a cell`);
  if (deltas.shape[2] !== height || deltas.shape[3] !== width)
    throw new NetspecError(`${l} of ${of(logits.shape)} and ${d} of ${of(deltas.shape)} must have the same cells`);
  return { anchors, classes: channels / anchors, height, width };
}

function checkNumbers(values: ArrayLike<number>, name: string): void {
  for (let i = 0; i < values.length; i++)
    if (Number.isNaN(values[i]))
      throw new NetspecError(`${name}: some values are not numbers`, {
        code: 'not-a-number',
        hint: 'look at the blobs before it: see where they begin',
      });
}

function sigmoid(x: number): number {
  return Math.fround(1 / (1 + Math.exp(-x)));
}
