/** The measures: held to numpy's figures, and each a file with a row in the table. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { METRICS, measure, metricOf } from '../../../src/compare/metrics/index.js';

const folder = path.join(import.meta.dirname, '..', '..', '..', 'src', 'compare', 'metrics');
const one = (name: string, sides: Parameters<typeof measure>[1]): number | undefined => measure([name], sides)[name];

test('each measure is a file of its name, and each file a row of the table', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !['index.ts', 'metric.ts'].includes(file));
  expect(METRICS.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort());
  expect(METRICS.filter(({ better, isWorse }) => (better === undefined) !== (isWorse === undefined))).toEqual([]);
});

test('each measure is a row of the table in docs/verify.md', () => {
  const docs = readFileSync(path.join(folder, '..', '..', '..', 'docs', 'verify.md'), 'utf8');
  const [, table = ''] = /\| measure \|.*\n\|---.*\n((?:\|.*\n)+)/.exec(docs) ?? [];
  const rows = table.split('\n').flatMap((row) => (row.split('|')[1] ?? '').match(/[\w-]+/g) ?? []);
  expect(rows.sort()).toEqual(METRICS.map(({ name }) => name).sort());
});

// What numpy 2.4 gives in float64 of the same eight pairs.
const PAIRS = { actual: [1.1, -2, 2.7, 0.5, -4.4, 8.2, 0.05, 2.5], reference: [1, -2, 3, 0.5, -4, 8, 0, 2.5] };
test.each([
  ['max-abs', 0.4],
  ['max-rel', 0.05],
  ['mean-abs', 0.13125],
  ['mean-rel', 0.04642857142857143],
  ['relative-l1', 0.05],
  ['rmse', 0.19445436482630055],
  ['relative-l2', 0.0548630134859198],
  ['cosine', 0.9988384316166832],
  ['sqnr', 25.2144068276802],
  ['psnr', 35.80727100098706],
  ['p50', 0.075],
  ['p90', 0.33],
  ['p99', 0.393],
  ['outside', 5],
] as const)('%s is what numpy gives', (name, expected) => {
  expect(one(name, PAIRS)).toBeCloseTo(expected, 12);
});

test('sides that are equal have the best figures, not finite values included', () => {
  const same = [1, NaN, Infinity, -2];
  expect(
    measure(
      ['max-abs', 'rmse', 'relative-l2', 'mean-abs', 'p99', 'outside', 'cosine', 'sqnr', 'psnr', 'first-non-finite'],
      {
        actual: same,
        reference: same,
      },
    ),
  ).toEqual({
    ...{ 'max-abs': 0, rmse: 0, 'relative-l2': 0, 'mean-abs': 0, p99: 0, outside: 0 },
    ...{ cosine: 1, sqnr: Infinity, psnr: Infinity },
  });
});

test('kl is of probabilities, whatever their sum is, and of nothing else', () => {
  // 0.1·ln(0.1/0.2) + 0.7·ln(0.7/0.6)
  expect(one('kl', { actual: [2, 2, 6], reference: [0.1, 0.2, 0.7] })).toBeCloseTo(0.038590757823086325, 12);
  expect(one('kl', { actual: [0, 1], reference: [0.5, 0.5] })).toBe(Infinity);
  expect(one('kl', { actual: [1, 1], reference: [0, 2] })).toBeCloseTo(Math.LN2, 12);
  expect(measure(['kl'], { actual: [1, -1], reference: [1, 1] })).toEqual({});
  expect(measure(['kl'], { actual: [0, 0], reference: [0, 0] })).toEqual({});
});

test('a NaN on one side makes an error NaN, and its place is told', () => {
  const sides = { actual: [1, 2, NaN, 4], reference: [1, 2, 3, 4] };
  for (const name of ['max-abs', 'rmse', 'relative-l2', 'mean-abs', 'p50', 'cosine', 'sqnr'])
    expect(one(name, sides)).toBeNaN();
  expect(one('first-non-finite', sides)).toBe(2);
  expect(one('first-non-finite', { actual: [1, 2], reference: [1, Infinity] })).toBe(1);
});

describe('classifiers', () => {
  const shape = [2, 6];
  const reference = [0.1, 0.5, 0.2, 0.1, 0.06, 0.04, 0.3, 0.1, 0.2, 0.15, 0.15, 0.1];
  test('top-1 is the part of images with the same best class', () => {
    const actual = reference.slice();
    actual[0] = 0.6;
    expect(measure(['top-1', 'top-5'], { actual, reference, shape, referenceShape: shape })).toEqual({
      'top-1': 0.5,
      'top-5': 1,
    });
  });

  test('top-5 is the part of the best five that both sides have, in any order', () => {
    const actual = reference.slice();
    // The sixth class of the first image comes in, the fifth goes out: nine of ten are common.
    [actual[4], actual[5]] = [0.04, 0.06];
    expect(one('top-5', { actual, reference, shape, referenceShape: shape })).toBe(0.9);
  });

  test('what is no output, no score a class, or has too few classes, has no classes', () => {
    expect(measure(['top-1'], { actual: reference, reference, shape, isOutput: false })).toEqual({});
    expect(measure(['top-1'], { actual: reference, reference, shape: [1, 3, 2, 2] })).toEqual({});
    expect(measure(['top-5'], { actual: [1, 2, 3], reference: [1, 2, 3], shape: [1, 3] })).toEqual({});
  });
});

describe('detectors', () => {
  const box = (label: number, score: number, ...corners: number[]): number[] => [0, label, score, ...corners];
  const detections = (...rows: number[][]) => ({ rows: rows.flat(), shape: [1, 1, rows.length, 7] });
  const sides = (found: ReturnType<typeof detections>, wanted: ReturnType<typeof detections>) => ({
    ...{ actual: found.rows, shape: found.shape },
    ...{ reference: wanted.rows, referenceShape: wanted.shape },
  });
  const NAMES = ['boxes', 'box-iou', 'box-score'];

  test('boxes are matched in any order and number, by label and overlap', () => {
    const wanted = detections(box(1, 0.9, 0, 0, 1, 1), box(1, 0.8, 2, 0, 3, 1), box(2, 0.7, 0, 0, 1, 1));
    const found = detections(
      box(2, 0.75, 0, 0, 1, 1),
      // 0.8 of 1.0 common.
      box(1, 0.85, 0, 0, 1, 0.8),
      // Of another label than the box that lies there.
      box(3, 0.8, 2, 0, 3, 1),
      box(1, 0.1, 9, 9, 10, 10),
    );
    const figures = measure(NAMES, sides(found, wanted));
    expect(figures.boxes).toBeCloseTo((2 * 2) / 7, 12);
    expect(figures['box-iou']).toBeCloseTo(0.8, 12);
    expect(figures['box-score']).toBeCloseTo(0.05, 12);
  });

  test('a box is matched once, by the reference with the higher score', () => {
    const wanted = detections(box(1, 0.5, 0, 0, 1, 1), box(1, 0.9, 0, 0, 1, 0.9));
    expect(measure(NAMES, sides(detections(box(1, 0.9, 0, 0, 1, 1)), wanted))).toEqual({
      boxes: 2 / 3,
      'box-iou': expect.closeTo(0.9, 12),
      'box-score': 0,
    });
  });

  test('boxes that overlap by less than half are two', () => {
    const figures = measure(NAMES, sides(detections(box(1, 0.9, 0, 0, 1, 0.4)), detections(box(1, 0.9, 0, 0, 1, 1))));
    expect(figures).toEqual({ boxes: 0 });
  });

  test('no detection on both sides is agreement; what is no detection has no boxes', () => {
    const none = detections([0, -1, -1, -1, -1, -1, -1]);
    expect(measure(NAMES, sides(none, none))).toEqual({ boxes: 1 });
    expect(measure(NAMES, { actual: [1, 2], reference: [1, 2], shape: [1, 2] })).toEqual({});
  });
});

describe('what is worse than it was', () => {
  test.each([
    ['max-abs', 0.02, 0.01, true],
    ['max-abs', 0.0105, 0.01, false],
    // Rounding of a layer that reaches 100: another machine's is another.
    ['max-abs', 5e-4, 1e-5, false],
    ['max-rel', NaN, 0.01, true],
    ['max-rel', NaN, NaN, false],
    ['cosine', 0.9, 0.99, true],
    ['cosine', 0.999, 0.99, false],
    ['sqnr', 30, 40, true],
    ['sqnr', 39.5, 40, false],
    ['sqnr', 120, Infinity, false],
    ['outside', 3, 2, true],
    ['top-1', 0.5, 1, true],
    ['boxes', 1, 0.5, false],
  ])('%s %d after %d: %p', (name, now, before, isWorse) => {
    expect(metricOf(name, 'test').isWorse!(now, before, 100)).toBe(isWorse);
  });
});

test('a name that no measure has is answered with the nearest', () => {
  expect(() => measure(['sqnrr'], PAIRS)).toThrow("measure(): there is no measure 'sqnrr'\nhint: did you mean 'sqnr'?");
});
