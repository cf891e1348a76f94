/** Accuracy against its definition, and what it refuses. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { integers, seeds, shapes } from '../support/values.js';

describe('Accuracy', () => {
  test('counts the positions whose class is among the best', () => {
    fc.assert(
      fc.property(
        shapes({ minAxes: 2 }),
        seeds,
        fc.nat(),
        fc.nat(),
        fc.option(fc.nat(4)),
        (shape, seed, a, k, ignore) => {
          const axis = a % shape.length;
          const classes = shape[axis]!;
          const topK = 1 + (k % classes);
          const inner = shape.slice(axis + 1).reduce((p, d) => p * d, 1);
          // Few different scores, so that there are ties.
          const x = integers(shape, seed, 'x', 0, 4);
          const labels = integers(shape.toSpliced(axis, 1), seed, 'labels', 0, classes);
          const right = new Array<number>(classes).fill(0);
          const all = new Array<number>(classes).fill(0);
          labels.data.forEach((label, i) => {
            if (label === ignore) return;
            const scores = Array.from({ length: classes }, (_, c) => {
              const outer = Math.floor(i / inner);
              return x.data[(outer * classes + c) * inner + (i % inner)]!;
            });
            const rivals = scores.filter((score, c) => c !== label && score >= scores[label]!);
            all[label]!++;
            if (rivals.length < topK) right[label]!++;
          });
          const [y, perClass] = runLayer(
            {
              type: 'Accuracy',
              accuracy_param: { axis, top_k: topK, ...(ignore === null ? {} : { ignore_label: ignore }) },
            },
            [x, labels],
            { tops: 2 },
          );
          const sum = (values: number[]): number => values.reduce((s, v) => s + v, 0);
          // One division of whole numbers below 2^24, rounded once.
          expectClose(y!, [sum(all) ? sum(right) / sum(all) : 0], ROUNDING);
          expectClose(
            perClass!,
            right.map((r, c) => (all[c] ? r / all[c] : 0)),
            ROUNDING,
          );
        },
      ),
    );
  });

  test('a constant score is wrong unless top_k is the number of classes', () => {
    const inputs = [
      { shape: [2, 3], data: [5, 5, 5, 7, 7, 7] },
      { shape: [2], data: [0, 2] },
    ];
    expect(runLayer({ type: 'Accuracy', accuracy_param: { top_k: 2 } }, inputs)).toEqual([Float32Array.of(0)]);
    expect(runLayer({ type: 'Accuracy', accuracy_param: { top_k: 3 } }, inputs)).toEqual([Float32Array.of(1)]);
  });

  test('ignore_label 0 is a label like any other', () => {
    const inputs = [
      { shape: [2, 2], data: [0, 1, 0, 1] },
      { shape: [2], data: [0, 1] },
    ];
    expect(runLayer({ type: 'Accuracy', accuracy_param: { ignore_label: 0 } }, inputs)).toEqual([Float32Array.of(1)]);
  });

  test('is 0 when every label is ignored', () => {
    const inputs = [[2, 2], { shape: [2], data: [255, 255] }];
    const param = { type: 'Accuracy', accuracy_param: { ignore_label: 255 } };
    expect(runLayer(param, inputs, { tops: 2 })).toEqual([Float32Array.of(0), Float32Array.of(0, 0)]);
  });

  test('a label loses its fraction toward zero', () => {
    const inputs = [
      { shape: [2, 2], data: [1, 0, 0, 1] },
      { shape: [2], data: [-0.9, 1.9] },
    ];
    expect(runLayer({ type: 'Accuracy' }, inputs)).toEqual([Float32Array.of(1)]);
  });

  test('a NaN as the true score counts as right', () => {
    const inputs = [{ shape: [1, 2], data: [NaN, 1] }, [1]];
    expect(runLayer({ type: 'Accuracy' }, inputs)).toEqual([Float32Array.of(1)]);
  });

  test('refuses a label that is no class', () => {
    const layer = new OneLayer({ type: 'Accuracy' }, [[2, 3], { shape: [2], data: [0, 3] }]);
    expect(messageOf(() => layer.forward())).toBe(
      'label 3 at index 1 of bottom[1] is no class: expected an integer in {0, 1, ..., 2}\n' +
        'hint: to leave positions out, mark them with one value and give it as accuracy_param { ignore_label: … }',
    );
    layer.set([[2, 3], { shape: [2], data: [NaN, 0] }]);
    expect(messageOf(() => layer.forward())).toMatch(/^label NaN at index 0 of bottom\[1\] is no class/);
  });

  test('refuses labels that do not fit the scores', () => {
    expect(messageOf(() => new OneLayer({ type: 'Accuracy' }, [[4, 6], [3]]))).toBe(
      "layer 'l' (Accuracy): Number of labels must match number of predictions (4 vs. 3): " +
        'bottom[0] is 4 6 (24) with classes along axis 1, bottom[1] is 3 (3)\n' +
        'hint: give one label for each position outside the class axis',
    );
    expect(messageOf(() => new OneLayer({ type: 'Accuracy' }, [[4, 6], [0]]))).toBe(
      "layer 'l' (Accuracy): bottom[1] holds no labels: its shape is 0 (0)",
    );
  });

  test('refuses top_k beyond the number of classes, and an axis that does not exist', () => {
    expect(messageOf(() => new OneLayer({ type: 'Accuracy', accuracy_param: { top_k: 7 } }, [[4, 6], [4]]))).toBe(
      "layer 'l' (Accuracy): top_k must be less than or equal to the number of classes (7 vs. 6)",
    );
    expect(messageOf(() => new OneLayer({ type: 'Accuracy', accuracy_param: { axis: 2 } }, [[4, 6], [4]]))).toBe(
      'axis 2 out of range for 2-D Blob with shape 4 6 (24)',
    );
  });
});
