/** DetectionOutput: cases that the reference data do not cover, with expected rows derived by hand. */
import { describe, expect, test } from '@jest/globals';
import { Net } from '../../src/runtime/net.js';
import { refusal } from '../support/refusal.js';

/** Default boxes of 0.2 by 0.2 around these centres, with variances 0.1, 0.1, 0.2, 0.2. */
const CENTERS = [
  [0.2, 0.2],
  [0.5, 0.5],
  [0.8, 0.8],
] as const;
const PRIORS = [
  ...CENTERS.flatMap(([x, y]) => [x - 0.1, y - 0.1, x + 0.1, y + 0.1]),
  ...CENTERS.flatMap(() => [0.1, 0.1, 0.2, 0.2]),
];
const STILL = [0, 0, 0, 0];

/** The rows that the layer gives. Bottoms after the first three are RefineDet's. */
async function rowsOf(
  settings: string,
  { loc, conf, more = [], images = 1 }: { loc: number[]; conf: number[]; more?: number[][]; images?: number },
): Promise<number[][]> {
  const bottoms = { loc, conf, priors: PRIORS, ...Object.fromEntries(more.map((values, i) => [`more${i}`, values])) };
  const inputs = Object.entries(bottoms).map(([name, values]) => {
    const shape = name === 'priors' ? [1, 2, values.length / 2] : [images, values.length / images];
    return `layer { name: "${name}" type: "Input" top: "${name}" input_param { shape { ${shape.map((d) => `dim: ${d}`).join(' ')} } } }`;
  });
  const net = await Net.load(`${inputs.join('\n')}
    layer { name: "out" type: "DetectionOutput" ${Object.keys(bottoms)
      .map((name) => `bottom: "${name}"`)
      .join(' ')} top: "out" detection_output_param { ${settings} } }`);
  try {
    const values = Object.fromEntries(Object.entries(bottoms).map(([name, v]) => [name, Float32Array.from(v)]));
    const { data } = (await net.forward({ inputs: values })).get('out')!;
    return Array.from({ length: data.length / 7 }, (_, i) =>
      [...data.slice(7 * i, 7 * i + 7)].map((v) => Number(v.toFixed(5))),
    );
  } finally {
    net.dispose();
  }
}

const still = CENTERS.flatMap(() => STILL);

describe('DetectionOutput', () => {
  test('several images: rows by image, then label, then score; an image without detections has no row', async () => {
    const rows = await rowsOf('num_classes: 3 code_type: CENTER_SIZE confidence_threshold: 0.3', {
      images: 3,
      loc: [...still, ...still, ...still],
      conf: [
        ...[0.1, 0.4, 0.5, 0.1, 0.8, 0.1, 0.9, 0.05, 0.05],
        ...[1, 0, 0, 1, 0, 0, 1, 0, 0],
        ...[0.1, 0.1, 0.8, 1, 0, 0, 1, 0, 0],
      ],
    });
    expect(rows).toEqual([
      [0, 1, 0.8, 0.4, 0.4, 0.6, 0.6],
      [0, 1, 0.4, 0.1, 0.1, 0.3, 0.3],
      [0, 2, 0.5, 0.1, 0.1, 0.3, 0.3],
      [2, 2, 0.8, 0.1, 0.1, 0.3, 0.3],
    ]);
  });

  test('nothing found in any image: one row of -1 for each', async () => {
    const rows = await rowsOf('num_classes: 2 confidence_threshold: 2', {
      images: 2,
      loc: [...still, ...still],
      conf: Array<number>(12).fill(0.5),
    });
    expect(rows).toEqual([
      [0, -1, -1, -1, -1, -1, -1],
      [1, -1, -1, -1, -1, -1, -1],
    ]);
  });

  test('equal scores keep the order of the default boxes, and keep_top_k takes the first of them', async () => {
    const given = { loc: still, conf: [0, 0.5, 0, 0.5, 0, 0.5] };
    const all = await rowsOf('num_classes: 2 code_type: CENTER_SIZE keep_top_k: -1', given);
    expect(all.map((row) => row[3])).toEqual([0.1, 0.4, 0.7]);
    const two = await rowsOf('num_classes: 2 code_type: CENTER_SIZE keep_top_k: 2', given);
    expect(two).toEqual(all.slice(0, 2));
    const best = await rowsOf('num_classes: 2 code_type: CENTER_SIZE nms_param { top_k: 1 }', given);
    expect(best).toEqual(all.slice(0, 1));
  });

  test('a score equal to the threshold is no detection', async () => {
    const rows = await rowsOf('num_classes: 2 code_type: CENTER_SIZE confidence_threshold: 0.5', {
      loc: still,
      conf: [0, 0.5, 0, 0.75, 0, 0.25],
    });
    expect(rows.map((row) => row[2])).toEqual([0.75]);
  });

  test('share_location: false has offsets for each class; background_label_id says which class is none', async () => {
    // Class 1 of each box is moved by one width times its variance, 0.1 · 0.2, to the right.
    const rows = await rowsOf(
      'num_classes: 2 share_location: false background_label_id: -1 code_type: CENTER_SIZE confidence_threshold: 0.5',
      { loc: CENTERS.flatMap(() => [...STILL, 1, 0, 0, 0]), conf: [0.9, 0.6, 0.1, 0.2, 0.1, 0.2] },
    );
    expect(rows).toEqual([
      [0, 0, 0.9, 0.1, 0.1, 0.3, 0.3],
      [0, 1, 0.6, 0.12, 0.1, 0.32, 0.3],
    ]);
  });

  test.each([
    // Sides by offsets of 0.5, 0, -0.5, 1: times their variances 0.1, 0.1, 0.2, 0.2.
    ['CORNER', false, [0.15, 0.1, 0.2, 0.5]],
    ['CORNER', true, [0.6, 0.1, -0.2, 1.3]],
    // In parts of the box's size, 0.2.
    ['CORNER_SIZE', false, [0.11, 0.1, 0.28, 0.34]],
    ['CORNER_SIZE', true, [0.2, 0.1, 0.2, 0.5]],
  ])('code_type %s, variance_encoded_in_target: %p', async (code, encoded, box) => {
    const rows = await rowsOf(
      `num_classes: 2 code_type: ${code} variance_encoded_in_target: ${encoded} confidence_threshold: 0.5`,
      { loc: [0.5, 0, -0.5, 1, ...STILL, ...STILL], conf: [0, 1, 1, 0, 1, 0] },
    );
    expect(rows).toEqual([[0, 1, 1, ...box]]);
  });

  test.each([
    [1, 2],
    [0.5, 1],
  ])('eta %p lowers a threshold above 0.5 after a box that is kept', async (eta, kept) => {
    // The second box overlaps the first, 0.1 … 0.3, by 0.15 · 0.2 / (0.25 · 0.2) = 0.6: less than 0.9, more than 0.45.
    const rows = await rowsOf(
      `num_classes: 2 variance_encoded_in_target: true confidence_threshold: 0.5 nms_param { nms_threshold: 0.9 eta: ${eta} }`,
      { loc: [...STILL, -0.25, -0.3, -0.25, -0.3, ...STILL], conf: [0, 0.9, 0, 0.8, 1, 0] },
    );
    expect(rows.length).toBe(kept);
  });

  test('code_type CENTER_SIZE scales the sides by exponentials', async () => {
    const [x, y] = [0.2 + 0.5 * 0.1 * 0.2, 0.2];
    const [w, h] = [0.2 * Math.exp(-0.5 * 0.2), 0.2 * Math.exp(0.2)];
    const [row] = await rowsOf('num_classes: 2 code_type: CENTER_SIZE confidence_threshold: 0.5', {
      loc: [0.5, 0, -0.5, 1, ...STILL, ...STILL],
      conf: [0, 1, 1, 0, 1, 0],
    });
    expect(row!.slice(3)).toEqual([x - w / 2, y - h / 2, x + w / 2, y + h / 2].map((side) => Number(side.toFixed(5))));
  });
});

describe("RefineDet's DetectionOutput", () => {
  const settings = 'num_classes: 2 code_type: CENTER_SIZE confidence_threshold: 0.1';
  const conf = [0.2, 0.8, 0.3, 0.7, 0.4, 0.6];

  test('drops boxes that the first stage takes for background', async () => {
    const rows = await rowsOf(`${settings} objectness_score: 0.5`, {
      loc: still,
      conf,
      more: [[0.9, 0.1, 0.5, 0.5, 0.1, 0.9]],
    });
    expect(rows.map((row) => row[2])).toEqual([0.7, 0.6]);
  });

  test('the objectness score is 0.01 by default', async () => {
    const rows = await rowsOf(settings, { loc: still, conf, more: [[1, 0.005, 0.5, 0.02, 1, 0]] });
    expect(rows.map((row) => row[2])).toEqual([0.7]);
  });

  test('moves the default boxes by the offsets of the first stage before its own', async () => {
    // First 1 · 0.1 · 0.2 to the right, then to sides exp(0.2) as long, then 1 · 0.1 of that width to the right.
    const side = 0.2 * Math.exp(0.2);
    const x = 0.2 + 0.02 + 0.1 * side;
    const [row] = await rowsOf(settings, {
      loc: [1, 0, 0, 0, ...STILL, ...STILL],
      conf: [0, 1, 1, 0, 1, 0],
      more: [
        [0, 1, 1, 0, 1, 0],
        [1, 0, 1, 1, ...STILL, ...STILL],
      ],
    });
    expect(row!.slice(3)).toEqual(
      [x - side / 2, 0.2 - side / 2, x + side / 2, 0.2 + side / 2].map((v) => Number(v.toFixed(5))),
    );
  });

  test('refuses a first stage of other boxes', async () => {
    await expect(rowsOf(settings, { loc: still, conf, more: [[0, 1]] })).rejects.toThrow(
      "layer 'out' (DetectionOutput): bottom[3] must be (1, 6), it is 1 2 (2)",
    );
  });
});

test('of OpenCV: priors without variances need variance_encoded_in_target, and boxes in pixels are not clipped', async () => {
  const net = (settings: string): string => `
    layer { name: "loc" type: "Input" top: "loc" input_param { shape { dim: 1 dim: 8 } } }
    layer { name: "conf" type: "Input" top: "conf" input_param { shape { dim: 1 dim: 4 } } }
    layer { name: "priors" type: "Input" top: "priors" input_param { shape { dim: 1 dim: 1 dim: 8 dim: 1 } } }
    layer { name: "out" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "priors" top: "out"
      detection_output_param { num_classes: 2 ${settings} } }`;
  expect(await refusal(() => Net.load(net('')))).toContain(
    'bottom[2] must be (1, 2, P · 4), boxes and variances; it is 1 1 8 1 (8)\n' +
      'hint: boxes alone are enough with variance_encoded_in_target: true',
  );
  expect(
    await refusal(() => Net.load(net('variance_encoded_in_target: true normalized_bbox: false clip: true'))),
  ).toContain('boxes in pixels are not clipped');
});
