/**
 * From a head's outputs to boxes: against what maskrcnn_benchmark selected from the same outputs for an image of 561x480
 * in a blob of 576x480.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readNpyFile } from '../../src/node/npy-folder.js';
import { anchorLevels, cellAnchors } from '../../src/vision/anchors.js';
import {
  boxArea,
  boxOverlap,
  clipBox,
  decodeBox,
  DETECTION_BOX_CODING,
  scaleBox,
  suppressOverlaps,
  type Box,
} from '../../src/vision/boxes.js';
import { selectDetections, type Detection, type HeadOutput } from '../../src/vision/select.js';
import { fixture } from '../cli/support.js';
import { expectClose, messageOf } from '../support/close.js';

const json = (file: string): unknown => JSON.parse(readFileSync(fixture('boxes', file), 'utf8'));
const expectedAnchors = json('anchors.json') as { cell_anchors: Box[][] };
const expected = json('detections.json') as Detection[];
const image = { width: 561, height: 480 };
let heads: HeadOutput[];

beforeAll(async () => {
  const read = async (name: string) => {
    const { shape, data } = await readNpyFile(fixture('boxes', `${name}.npy`));
    return { shape, data: data as Float32Array };
  };
  heads = await Promise.all(
    [2, 3, 4, 6, 7].map(async (level) => ({
      logits: await read(`cls_logits_p${level}`),
      deltas: await read(`bbox_pred_p${level}`),
    })),
  );
});

describe('anchors', () => {
  test('every level’s are maskrcnn_benchmark’s, to the last bit', () => {
    expect(anchorLevels().map(({ cell }) => [...cell])).toEqual(
      expectedAnchors.cell_anchors.map((level) => level.flat()),
    );
    expect(anchorLevels().map(({ stride }) => stride)).toEqual([8, 16, 32, 64, 128]);
  });

  test('sides are rounded to even before they are scaled', () => {
    // Ratio 0.5 on a stride of 8: the width is √128 = 11.3 → 11, the height 5.5 → 6; both times 32/8.
    expect([...cellAnchors(8, [32], [0.5])]).toEqual([3.5 - 21.5, 3.5 - 11.5, 3.5 + 21.5, 3.5 + 11.5]);
  });

  test.each([
    [{ sizes: [32] }, 'anchors need a size for each stride: there are 1 sizes, 5 strides'],
    [{ aspectRatios: [] }, 'anchors: aspectRatios must be above 0, got []'],
    [{ octave: -2 }, 'anchors: octave must be above 0, got [-2]'],
    [{ scalesPerOctave: 1.5 }, 'anchors: scalesPerOctave must be whole, got 1.5'],
  ])('refuses %j', (options, message) => {
    expect(messageOf(() => anchorLevels(options))).toBe(message);
  });
});

describe('boxes', () => {
  test('deltas of 0 leave the anchor as it is', () => {
    expect(decodeBox([-18, -8, 25, 15], [0, 0, 0, 0], DETECTION_BOX_CODING)).toEqual([-18, -8, 25, 15]);
  });

  test('a delta of 10 moves by one width; a side’s delta is clipped at 1000/16', () => {
    expect(decodeBox([0, 0, 9, 9], [10, 0, 0, 0], DETECTION_BOX_CODING)).toEqual([10, 0, 19, 9]);
    const [x1, , x2] = decodeBox([0, 0, 15, 15], [0, 0, 1e9, 0], DETECTION_BOX_CODING);
    // 16 pixels times exp(log(62.5)) rounded in float32: two roundings of 1000, each half of 2^-14.
    expectClose([x2 - x1 + 1], [1000], 2 ** -14);
  });

  test('widths count both edges', () => {
    expect(boxArea([0, 0, 9, 4])).toBe(50);
    expect(boxOverlap([0, 0, 9, 9], [5, 0, 14, 9])).toBe(Math.fround(50 / 150));
    // They share the column 9 and nothing else.
    expect(boxOverlap([0, 0, 9, 9], [9, 0, 18, 9])).toBe(Math.fround(10 / 190));
    expect(boxOverlap([0, 0, 9, 9], [10, 0, 19, 9])).toBe(0);
  });

  test('clipping ends at the last pixel, and leaves one pixel of a box outside', () => {
    expect(clipBox([-5, -5, 900, 900], image)).toEqual([0, 0, 560, 479]);
    expect(clipBox([600, 500, 900, 900], image)).toEqual([560, 479, 560, 479]);
  });

  test('scaling takes coordinates as they are', () => {
    expect(scaleBox([56, 48, 560, 479], { width: 560, height: 480 }, { width: 280, height: 960 })).toEqual([
      28, 96, 280, 958,
    ]);
  });

  test('a box goes at the threshold itself; one that went suppresses nothing', () => {
    const boxes: Box[] = [
      [0, 0, 9, 9],
      [5, 0, 14, 9],
      [10, 0, 19, 9],
    ];
    expect(suppressOverlaps(boxes, [0, 1, 2], Math.fround(50 / 150))).toEqual([0, 2]);
    expect(suppressOverlaps(boxes, [0, 1, 2], 0.4)).toEqual([0, 1, 2]);
    expect(suppressOverlaps(boxes, [1, 0, 2], 0.2)).toEqual([1]);
    expect(suppressOverlaps(boxes, [2, 0, 1], 0.4, 2)).toEqual([2, 0]);
  });
});

describe('selectDetections', () => {
  test('gives the 100 detections of maskrcnn_benchmark in their order', () => {
    const found = selectDetections(heads, anchorLevels(), image);
    expect(found).toHaveLength(100);
    found.forEach(({ box, score, label }, i) => {
      expect(label).toBe(expected[i]!.label);
      // Coordinates reach 560, where float32 is 2^-14 apart; a handful of operations, of which exp is one.
      expectClose(box, expected[i]!.box, 1e-3);
      // One exp, one sum and one division of float32 below 1.
      expectClose([score], [expected[i]!.score], 1e-6);
    });
  });

  test('thresholds and counts are options', () => {
    const best = selectDetections(heads, anchorLevels(), image, { top: 3 });
    expect(best).toEqual(selectDetections(heads, anchorLevels(), image).slice(0, 3));
    const sure = selectDetections(heads, anchorLevels(), image, { scoreThreshold: 0.8 });
    expect(sure).toHaveLength(expected.filter(({ score }) => score > 0.8).length);
    // With one candidate a level there are five at most, each its level's best.
    const few = selectDetections(heads, anchorLevels(), image, { topPerLevel: 1, nmsThreshold: 1 });
    expect(few).toHaveLength(5);
    expect(few[0]).toEqual(best[0]);
  });

  /** One level, one anchor, two classes, 1x2 cells. */
  const small = (logits: number[], deltas = new Array<number>(8).fill(0)): HeadOutput => ({
    logits: { shape: [1, 2, 1, 2], data: Float32Array.from(logits) },
    deltas: { shape: [1, 4, 1, 2], data: Float32Array.from(deltas) },
  });
  const oneAnchor = [{ stride: 4, cell: Float32Array.from([0, 0, 7, 7]) }];

  test('classes are suppressed apart, and counted from 1', () => {
    // Class 1 in both cells, class 2 in the second; both cells’ boxes share 4 columns of 12.
    const found = selectDetections([small([2, 1, -9, 1.5])], oneAnchor, image, { nmsThreshold: 0.3 });
    expect(found.map(({ label, box }) => [label, ...box])).toEqual([
      [1, 0, 0, 7, 7],
      [2, 4, 0, 11, 7],
    ]);
    expectClose([found[0]!.score, found[1]!.score], [1 / (1 + Math.exp(-2)), 1 / (1 + Math.exp(-1.5))], 2 ** -24);
  });

  test('of equal scores the earlier cell comes first', () => {
    const found = selectDetections([small([1, 1, 1, 1])], oneAnchor, image, { nmsThreshold: 1 });
    expect(found.map(({ label, box }) => [label, box[0]])).toEqual([
      [1, 0],
      [2, 0],
      [1, 4],
      [2, 4],
    ]);
  });

  test('nothing above the threshold gives no boxes', () => {
    expect(selectDetections([small([-9, -9, -9, -9])], oneAnchor, image)).toEqual([]);
  });

  test('an output that is no number is refused, not skipped', () => {
    const hint = '\nhint: look at the blobs before it: see where they begin';
    expect(messageOf(() => selectDetections([small([1, NaN, 1, 1])], oneAnchor, image))).toBe(
      `the logits: some values are not numbers${hint}`,
    );
    const named = { ...small([9, 1, 1, 1], [NaN, 0, 0, 0, 0, 0, 0, 0]), names: { logits: 'cls', deltas: 'reg' } };
    expect(messageOf(() => selectDetections([named], oneAnchor, image))).toBe(
      `reg: some values are not numbers${hint}`,
    );
  });

  test('shapes that do not fit the anchors are refused', () => {
    const [head] = heads as [HeadOutput];
    const levels = anchorLevels();
    const one = (output: HeadOutput) => () => selectDetections([output], levels.slice(0, 1), image);
    expect(messageOf(() => selectDetections(heads.slice(1), levels, image))).toBe(
      'the head has 4 levels, the anchors 5',
    );
    expect(messageOf(one({ ...head, deltas: head.logits }))).toBe(
      'the deltas: 9 channels, but 9 anchors a cell need 36',
    );
    expect(messageOf(one({ ...head, logits: { shape: [1, 10, 60, 72], data: head.logits.data } }))).toBe(
      'the logits: 10 channels are no multiple of the 9 anchors a cell',
    );
    expect(messageOf(one({ ...head, logits: heads[1]!.logits }))).toBe(
      'the logits of 1x9x30x36 and the deltas of 1x36x60x72 must have the same cells',
    );
    expect(messageOf(one({ ...head, logits: { shape: [9, 60, 72], data: head.logits.data } }))).toBe(
      'the logits: expected one image and 4 axes, got 9x60x72',
    );
  });

  test.each([
    [{ scoreThreshold: 1.5 }, 'scoreThreshold must be from 0 to 1, got 1.5'],
    [{ nmsThreshold: NaN }, 'nmsThreshold must be from 0 to 1, got NaN'],
    [{ top: 0 }, 'top must be whole and at least 1, got 0'],
  ])('refuses %j', (options, message) => {
    expect(messageOf(() => selectDetections(heads, anchorLevels(), image, options))).toBe(message);
  });
});
