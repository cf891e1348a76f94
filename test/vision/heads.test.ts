/** Heads that are not RetinaNet's: what layers of detections and raw YOLO maps mean, on outputs that were planted. */
import { describe, expect, test } from '@jest/globals';
import { Net } from '../../src/runtime/net.js';
import { Detector, type DetectorOptions } from '../../src/vision/detector.js';
import type { RgbImage } from '../../src/vision/image.js';
import type { Detection } from '../../src/vision/select.js';
import { messageOf } from '../support/close.js';

const DATA = `layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 64 dim: 64 } } }
  layer { name: "unread" type: "Silence" bottom: "data" }`;

interface Planted {
  shape: readonly number[];
  values: readonly number[];
}

/** A net that answers with these blobs whatever it sees, and with layers that read them. */
async function netOf(blobs: Readonly<Record<string, Planted>>, layers = ''): Promise<Net> {
  const text = Object.entries(blobs).map(
    ([name, { shape }]) =>
      `layer { name: "${name}" type: "Parameter" top: "${name}"
         parameter_param { shape { ${shape.map((d) => `dim: ${d}`).join(' ')} } } }`,
  );
  const net = await Net.load([DATA, ...text, layers].join('\n'));
  for (const [name, { values }] of Object.entries(blobs)) net.params.get(name)![0]!.data.set(values);
  return net;
}

/** 128 pixels wide, 64 high. */
const WIDE: RgbImage = { width: 128, height: 64, data: new Uint8Array(128 * 64 * 3) };

const rounded = (detections: readonly Detection[]) =>
  detections.map(({ box, score, label }) => ({
    label,
    score: Number(score.toFixed(4)),
    box: box.map((side) => Number(side.toFixed(3))),
  }));

async function detectionsOf(net: Net, options: DetectorOptions = {}, image = WIDE) {
  try {
    return rounded((await new Detector(net, options).detect(image)).detections);
  } finally {
    net.dispose();
  }
}

describe('rows of a DetectionOutput layer', () => {
  const ssd = (conf: readonly number[], offsets = 4, more = '') =>
    netOf(
      {
        loc: { shape: [1, 2 * offsets], values: Array<number>(2 * offsets).fill(0) },
        conf: { shape: [1, 6], values: conf },
        priors: {
          shape: [1, 2, 8],
          values: [0.25, 0.25, 0.75, 0.75, 0.5, -0.5, 2, 0.5, ...Array<number>(8).fill(0.1)],
        },
      },
      `layer { name: "out" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "priors" top: "out"
         detection_output_param { num_classes: 3 code_type: CENTER_SIZE confidence_threshold: 0.01 ${more} } }`,
    );

  test('are boxes in the picture, best first, cut off at its edges', async () => {
    expect(await detectionsOf(await ssd([0.1, 0.5, 0.1, 0, 0.2, 0.9]))).toEqual([
      { label: 2, score: 0.9, box: [64, 0, 128, 32] },
      { label: 1, score: 0.5, box: [32, 16, 96, 48] },
    ]);
  });

  test.each([
    [12, 'use_polygon: true'],
    [9, 'use_polygon: false'],
  ])('of %i offsets with { %s } are the boxes of words', async (offsets, more) => {
    expect(await detectionsOf(await ssd([0.1, 0.5, 0.1, 0, 0.2, 0.9], offsets, more))).toEqual([
      { label: 2, score: 0.9, box: [64, 0, 128, 32] },
      { label: 1, score: 0.5, box: [32, 16, 96, 48] },
    ]);
  });

  test('below the lowest score, and beyond the largest number, are left out', async () => {
    const head = { kind: 'rows', scoreThreshold: 0.1, top: 2 } as const;
    const found = await detectionsOf(await ssd([0.1, 0.5, 0.3, 0, 0.2, 0.05]), { head });
    expect(found.map(({ score }) => score)).toEqual([0.5, 0.3]);
  });

  test('with nothing found there is no detection', async () => {
    expect(await detectionsOf(await ssd([1, 0, 0, 1, 0, 0]))).toEqual([]);
  });

  test('the picture goes in as SSD was trained: in the net’s size, BGR without its mean', async () => {
    const detector = new Detector(await ssd([1, 0, 0, 1, 0, 0]));
    expect(detector.head).toBe('rows');
    const { inputShape, resized } = await detector.detect({
      ...WIDE,
      data: WIDE.data.map((_, i) => [10, 20, 30][i % 3]!),
    });
    expect({ inputShape, resized }).toEqual({ inputShape: [1, 3, 64, 64], resized: { width: 64, height: 64 } });
    const { data } = detector.net.blobs.get('data')!;
    expect([data[0], data[64 * 64], data[2 * 64 * 64]]).toEqual([30 - 104, 20 - 117, 10 - 123]);
  });

  test('in a letterbox, coordinates are those of the picture without the grey', async () => {
    // The picture takes the rows 16 to 48 of the input.
    const transform = { letterbox: true };
    expect(await detectionsOf(await ssd([0, 0.5, 0, 0, 0.9, 0]), { transform })).toEqual([
      { label: 1, score: 0.9, box: [64, 0, 128, 32] },
      { label: 1, score: 0.5, box: [32, 0, 96, 64] },
    ]);
  });
});

describe('raw maps of YOLO', () => {
  /** logit(p). */
  const logit = (p: number) => Math.log(p / (1 - p));
  /** One anchor, two cells side by side, two classes; an object in the second cell. */
  const map = (object: number, classes: readonly [number, number]): Planted => {
    const cells = [
      [0, 0, 0, 0, -20, 0, 0],
      [logit(0.25), logit(0.5), Math.log(2), 0, logit(object), ...classes],
    ];
    return { shape: [1, 7, 1, 2], values: cells[0]!.flatMap((value, i) => [value, cells[1]![i]!]) };
  };

  test('yolov3: anchors in pixels of the input, each class by itself', async () => {
    const net = await netOf({ y: map(0.9, [logit(0.8), logit(0.5)]) });
    const head = { kind: 'yolov3', anchors: [[[8, 16]]] } as const;
    // Centre (1.25 / 2, 0.5) and sides 2 · 8 / 64, 16 / 64 of the input; in a picture of 128 x 64.
    const box = [(0.625 - 0.125) * 128, (0.5 - 0.125) * 64, (0.625 + 0.125) * 128, (0.5 + 0.125) * 64];
    expect(await detectionsOf(net, { head })).toEqual([
      { label: 1, score: 0.72, box },
      { label: 2, score: 0.45, box },
    ]);
  });

  test('yolov2: anchors in cells, classes by a softmax', async () => {
    const net = await netOf({ y: map(0.9, [Math.log(3), 0]) });
    const head = { kind: 'yolov2', anchors: [[[0.25, 0.5]]] } as const;
    // Sides 2 · 0.25 of 2 cells, 0.5 of 1 cell.
    const box = [(0.625 - 0.125) * 128, (0.5 - 0.25) * 64, (0.625 + 0.125) * 128, (0.5 + 0.25) * 64];
    expect(await detectionsOf(net, { head })).toEqual([{ label: 1, score: 0.675, box }]);
  });

  test('of two maps, what overlaps a better box of its class goes; of another class it stays', async () => {
    const net = await netOf({
      a: map(0.9, [logit(0.8), -20]),
      b: map(0.9, [logit(0.9), -20]),
      c: map(0.9, [-20, logit(0.7)]),
    });
    const head = { kind: 'yolov3', maps: ['a', 'b', 'c'], anchors: [[[8, 16]], [[8, 16]], [[8, 16]]] } as const;
    const found = await detectionsOf(net, { head });
    expect(found.map(({ label, score }) => [label, score])).toEqual([
      [1, 0.81],
      [2, 0.63],
    ]);
  });

  test.each<[DetectorOptions['head'] & object, string]>([
    [
      { kind: 'yolov3', anchors: [[[8, 16]], [[8, 16]]] },
      'there are 1 maps, y, and anchors for 2\nhint: name the maps in the order of the anchors',
    ],
    [
      { kind: 'yolov3', anchors: [[[8, 16]]], maps: ['yy'] },
      "the net has no blob 'yy' for a map of the head\nhint: did you mean 'y'?",
    ],
    [{ kind: 'yolov2', anchors: [[[8, 0]]] }, 'the anchors of a map must be pairs of positive numbers, got [[8,0]]'],
    [{ kind: 'yolov2', anchors: [[[8, 1]]], nmsThreshold: 2 }, 'nmsThreshold must be from 0 to 1, got 2'],
    [
      { kind: 'rows' },
      'the net has no layer that gives detections: DetectionOutput, YoloDetectionOutput, Yolov3DetectionOutput, YoloDetection\n' +
        'hint: the kinds of heads are rows, region, retinanet, yolov2, yolov3',
    ],
    [
      { kind: 'region' },
      'the net has no Region layer\nhint: the kinds of heads are rows, region, retinanet, yolov2, yolov3',
    ],
  ])('refuses %j', async (head, message) => {
    const net = await netOf({ y: map(0.5, [0, 0]) });
    expect(messageOf(() => new Detector(net, { head }))).toBe(message);
    net.dispose();
  });

  test('refuses a map that the anchors do not divide', async () => {
    const head = {
      kind: 'yolov3',
      anchors: [
        [
          [8, 16],
          [8, 16],
        ],
      ],
    } as const;
    await expect(detectionsOf(await netOf({ y: map(0.5, [0, 0]) }), { head })).rejects.toThrow(
      'y: expected one image, and 2 times 5 + classes channels, got 1x7x1x2',
    );
  });
});

describe('layers of YOLO’s Caffes', () => {
  const head = `num_classes: 2 num_box: 1 biases: 1 biases: 1 confidence_threshold: 0.1`;
  const map: Planted = { shape: [1, 7, 1, 1], values: [0, 0, Math.log(0.5), Math.log(0.25), 0, 0, Math.log(3)] };
  /** Centre in the middle, half as wide and a quarter as high as the picture; object 0.5, classes 1/4 and 3/4. */
  const box = [32, 24, 96, 40];

  test('YoloDetectionOutput', async () => {
    const net = await netOf(
      { y: map },
      `layer { name: "out" type: "YoloDetectionOutput" bottom: "y" top: "out" yolo_detection_output_param { ${head} } }`,
    );
    expect(await detectionsOf(net)).toEqual([{ label: 2, score: 0.375, box }]);
  });

  test('Yolov3DetectionOutput', async () => {
    const net = await netOf(
      { y: map },
      `layer { name: "out" type: "Yolov3DetectionOutput" bottom: "y" top: "out"
         yolov3_detection_output_param { ${head} mask: 0 mask_group_num: 1 anchors_scale: 1 } }`,
    );
    expect(await detectionsOf(net)).toEqual([{ label: 2, score: 0.375, box }]);
  });

  test('Region', async () => {
    const net = await netOf(
      { y: map },
      `layer { name: "out" type: "Region" bottom: "y" top: "boxes" top: "classes"
         region_loss_param { side: 1 num_class: 2 coords: 4 num: 1 softmax: 1 batch: 1 thresh: 0.1 biases: 1 biases: 1 } }`,
    );
    const detector = new Detector(net);
    expect(detector.head).toBe('region');
    expect(detector.transform).toMatchObject({ channelOrder: 'rgb', scale: 1, mean: [0, 0, 0] });
    expect(await detectionsOf(net)).toEqual([{ label: 2, score: 0.375, box }]);
  });
});

test('a letterbox is not for RetinaNet’s head', async () => {
  const net = await netOf({
    l: { shape: [1, 1, 1, 1], values: [0] },
    d: { shape: [1, 4, 1, 1], values: [0, 0, 0, 0] },
  });
  const options: DetectorOptions = {
    heads: [{ logits: 'l', deltas: 'd' }],
    anchors: { sizes: [8], strides: [8] },
    transform: { letterbox: true, size: 'net' },
  };
  expect(messageOf(() => new Detector(net, options))).toBe(
    "a letterbox is not for RetinaNet's head, which clips boxes to the upper left part of its input",
  );
  net.dispose();
});
