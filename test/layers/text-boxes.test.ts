/** TextBoxes++: its detections have the boxes of SSD's DetectionOutput, and outlines by the formula. */
import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/engine/random.js';
import { forkSchema } from '../../src/proto/forks/catalog.js';
import { Net } from '../../src/runtime/net.js';

const [PRIORS, CLASSES] = [30, 3];
const random = seededRandom(31);
const list = (length: number, low: number, high: number) =>
  Float32Array.from({ length }, () => low + random() * (high - low));

const conf = list(2 * PRIORS * CLASSES, 0, 1);
const priors = Float32Array.from({ length: 2 * PRIORS * 4 }, (_, i) => {
  if (i >= PRIORS * 4) return [0.1, 0.1, 0.2, 0.2][i % 4]!;
  return i % 4 < 2 ? 0.6 * random() : 0;
});
for (let i = 0; i < PRIORS * 4; i += 4) {
  priors[i + 2] = priors[i]! + 0.1 + 0.2 * random();
  priors[i + 3] = priors[i + 1]! + 0.1 + 0.2 * random();
}

/** The rows of detections; each is image, label, score, box and what follows. */
async function detect(loc: Float32Array, perBox: number, settings: string, schema?: string): Promise<number[][]> {
  const net = await Net.load(
    `input: "loc" input_shape { dim: 2 dim: ${PRIORS * perBox} } input: "conf" input_shape { dim: 2 dim: ${PRIORS * CLASSES} }
     input: "priors" input_shape { dim: 1 dim: 2 dim: ${PRIORS * 4} }
     layer { name: "found" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "priors" top: "found"
       detection_output_param { num_classes: ${CLASSES} nms_param { nms_threshold: 0.4 top_k: 20 } keep_top_k: 25 ${settings} } }`,
    { schema: schema === undefined ? undefined : forkSchema(schema) },
  );
  try {
    const { shape, data } = (await net.forward({ inputs: { loc, conf, priors } })).get('found')!;
    const width = shape.at(-1)!;
    return Array.from({ length: shape[2]! }, (_, i) => [...data.slice(i * width, (i + 1) * width)]);
  } finally {
    net.dispose();
  }
}

/** The offsets of the upright boxes alone. */
const upright = (loc: Float32Array, perBox: number) =>
  Float32Array.from({ length: 2 * PRIORS * 4 }, (_, i) => loc[Math.floor(i / 4) * perBox + (i % 4)]!);

/** Which default box a row comes from, by its score. */
const priorOf = (row: readonly number[]) =>
  Array.from({ length: PRIORS }, (_, p) => p).find((p) => conf[(row[0]! * PRIORS + p) * CLASSES + row[1]!] === row[2])!;

describe('TextBoxes++', () => {
  test.each([
    ['corners', 12, 'use_polygon: true', undefined],
    ['corners, as its schema has by default', 12, '', 'textboxes'],
    ['two corners and a height', 9, 'use_polygon: false', undefined],
  ])('gives boxes as SSD, and %s', async (_, perBox, settings, schema) => {
    const loc = list(2 * PRIORS * perBox, -1, 1);
    const code = 'code_type: CENTER_SIZE';
    const rows = await detect(loc, perBox, `${code} ${settings}`, schema);
    const ssd = await detect(upright(loc, perBox), 4, code, 'ssd');
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.map((row) => row.slice(0, 7))).toEqual(ssd);
    for (const row of rows) {
      const prior = priorOf(row);
      const [x1, y1, x2, y2] = priors.subarray(prior * 4, prior * 4 + 4) as unknown as [number, number, number, number];
      const more = loc.subarray((row[0]! * PRIORS + prior) * perBox + 4, (row[0]! * PRIORS + prior + 1) * perBox);
      const [dx, dy] = [(i: number) => more[i]! * 0.1 * (x2 - x1), (i: number) => more[i]! * 0.1 * (y2 - y1)];
      const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
      const wanted =
        perBox === 12
          ? [x1 + dx(0), y1 + dy(1), x2 + dx(2), y1 + dy(3), x2 + dx(4), y2 + dy(5), x1 + dx(6), y2 + dy(7)]
          : [x + dx(0), y + dy(1), x + dx(2), y + dy(3), Math.exp(more[4]! * 0.2) * (y2 - y1)];
      // Values below 2, of float32 variances and rounded to float32 once more.
      const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - row[7 + i]!)), 0);
      expect(worst).toBeLessThan(2 ** -22);
      expect(row).toHaveLength(7 + wanted.length);
    }
  });

  test('says that nothing is found with a row for each image', async () => {
    const rows = await detect(new Float32Array(2 * PRIORS * 12), 12, 'use_polygon: true confidence_threshold: 2');
    expect(rows).toEqual([0, 1].map((image) => [image, ...Array.from({ length: 14 }, () => -1)]));
  });

  test('has no outlines with other codes', async () => {
    const rows = await detect(list(2 * PRIORS * 9, -1, 1), 9, 'use_polygon: false code_type: CORNER');
    expect(rows.every((row) => row.slice(7).every((value) => value === 0))).toBe(true);
  });

  test('refuses what the fork leaves unset, and numbers of offsets that do not fit', async () => {
    const loc = new Float32Array(2 * PRIORS * 12);
    const encoded = 'use_polygon: true code_type: CENTER_SIZE variance_encoded_in_target: true';
    await expect(detect(loc, 12, encoded)).rejects.toThrow('leaves the outlines unset');
    await expect(detect(loc, 12, 'use_polygon: false')).rejects.toThrow(
      'Number of priors must match number of location predictions: 30 boxes of 9 offsets',
    );
  });
});
