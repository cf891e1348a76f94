/** The smaller loss layers against double precision, and what they refuse. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  HingeLossParameter_Norm as Norm,
  LossParameter_NormalizationMode as Mode,
} from '../../src/generated/messages.js';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { normalizerReference } from '../support/reference-layers.js';
import { count, integers, seeds, shapes, uniform } from '../support/values.js';

const IN_PLACE = (type: string): string =>
  `layer 'l' (${type}): ${type} Layer does not allow in-place computation.\nhint: give the top a name of its own`;

describe('EuclideanLoss', () => {
  test('equals the formula', () => {
    fc.assert(
      fc.property(shapes(), seeds, (shape, seed) => {
        const a = uniform(shape, seed, 'a');
        const b = uniform([shape[0]!, count(shape.slice(1))], seed, 'b');
        const expected = a.data.reduce((sum, v, i) => sum + (v - b.data[i]!) ** 2, 0) / shape[0]! / 2;
        // Differences are rounded, so squares err by 2 ROUNDING of themselves; the result is rounded once.
        expectClose(runLayer({ type: 'EuclideanLoss' }, [a, b])[0]!, [expected], 4 * ROUNDING * expected);
      }),
    );
  });

  test('refuses inputs of different sizes, and more than 4 axes when it runs', () => {
    expect(
      messageOf(
        () =>
          new OneLayer({ type: 'EuclideanLoss' }, [
            [2, 3],
            [2, 4],
          ]),
      ),
    ).toBe(
      "layer 'l' (EuclideanLoss): Inputs must have the same dimension (3 vs. 4 elements in each instance): " +
        'bottom[0] is 2 3 (6), bottom[1] is 2 4 (8)',
    );
    expect(messageOf(() => new OneLayer({ type: 'EuclideanLoss' }, [[2, 3], [3]]))).toBe(
      "layer 'l' (EuclideanLoss): The data and label should have the same first dimension (2 vs. 3): " +
        'bottom[0] is 2 3 (6), bottom[1] is 3 (3)',
    );
    const five = [2, 1, 1, 1, 1];
    expect(messageOf(() => runLayer({ type: 'EuclideanLoss' }, [five, five]))).toBe(
      'this layer takes blobs of at most 4 axes, got 5: Cannot use legacy accessors on Blobs with > 4 axes',
    );
    expect(messageOf(() => new OneLayer({ type: 'EuclideanLoss' }, [[2], [2]], 'in place'))).toBe(
      IN_PLACE('EuclideanLoss'),
    );
  });
});

describe('ContrastiveLoss', () => {
  test.each([false, true])('equals the formula (legacy_version: %p)', (legacy_version) => {
    fc.assert(
      fc.property(
        shapes({ minAxes: 2, maxAxes: 2 }),
        seeds,
        fc.option(fc.double({ min: 0, max: 5, noNaN: true })),
        (shape, seed, margin) => {
          const a = uniform(shape, seed, 'a', -1, 1);
          const b = uniform([...shape, 1, 1], seed, 'b', -1, 1);
          const labels = integers([shape[0]!], seed, 'labels', 0, 2);
          const [pairs, channels] = shape as [number, number];
          const m = margin ?? 1;
          let sum = 0;
          for (let i = 0; i < pairs; i++) {
            let squares = 0;
            for (let c = i * channels; c < (i + 1) * channels; c++) squares += (a.data[c]! - b.data[c]!) ** 2;
            if (labels.data[i]) sum += squares;
            else sum += legacy_version ? Math.max(m - squares, 0) : Math.max(m - Math.sqrt(squares), 0) ** 2;
          }
          const param = { legacy_version, ...(margin === null ? {} : { margin }) };
          const [y] = runLayer({ type: 'ContrastiveLoss', contrastive_loss_param: param }, [a, b, labels]);
          // A pair's cost is at most 24 (6 squares up to 4) or 25 (margin 5), and so are its parts, of which 5 are
          // rounded: difference (twice in a square), d², margin, cost; then the partial sums.
          expectClose(y!, [sum / pairs / 2], (6 + pairs) * 25 * ROUNDING);
        },
      ),
    );
  });

  test('a label of 0.5 means dissimilar: its fraction is cut off', () => {
    const inputs = [[1, 1], [1, 1], { shape: [1], data: [0.5] }];
    expect(runLayer({ type: 'ContrastiveLoss' }, inputs)).toEqual([Float32Array.of(0.5)]);
  });

  test.each([
    [
      [[2, 3], [2, 4], [2]],
      'bottom[0] and bottom[1] must have the same number of channels (3 vs. 4): they are 2 3 (6) and 2 4 (8)',
    ],
    [
      [[2, 3, 2, 1], [2, 3], [2]],
      'bottom[0] must have the shape (N, C), dimensions of 1 may follow, got 2 3 2 1 (12)\nhint: put a Flatten layer before it',
    ],
    [
      [
        [2, 3],
        [2, 3],
        [2, 2],
      ],
      'bottom[2] must have the shape (N), dimensions of 1 may follow, got 2 2 (4)',
    ],
    [[[2, 3], [2, 3], [1]], 'expected one label for each of the 2 pairs, got 1 in bottom[2] (1 (1))'],
  ])('refuses the shapes %p', (shapes, message) => {
    expect(messageOf(() => new OneLayer({ type: 'ContrastiveLoss' }, shapes))).toBe(
      `layer 'l' (ContrastiveLoss): ${message}`,
    );
  });
});

describe('HingeLoss', () => {
  test.each(['L1', 'L2'] as const)('equals the formula (%s)', (norm) => {
    fc.assert(
      fc.property(shapes({ minAxes: 2 }), seeds, (shape, seed) => {
        const x = uniform(shape, seed, 'x');
        const [num, classes] = [shape[0]!, count(shape.slice(1))];
        const labels = integers([num], seed, 'labels', 0, classes);
        let sum = 0;
        x.data.forEach((score, i) => {
          const sign = labels.data[Math.floor(i / classes)] === i % classes ? 1 : -1;
          sum += Math.max(0, 1 - sign * score) ** (norm === 'L1' ? 1 : 2);
        });
        const param = norm === 'L1' ? {} : { hinge_loss_param: { norm: Norm.L2 } };
        const [y] = runLayer({ type: 'HingeLoss', ...param }, [x, labels]);
        // 1 - s x is at most 3 and rounded once, its square at most 9 and errs by 2 * 3 of that; the sum and the
        // division round once each.
        expectClose(y!, [sum / num], (classes * 18 + (2 * sum) / num) * ROUNDING);
      }),
    );
  });

  test('of more labels than instances the first are used', () => {
    const x = { shape: [2, 2], data: [9, -9, -9, 9] };
    expect(runLayer({ type: 'HingeLoss' }, [x, { shape: [2, 2], data: [0, 1, 1, 1] }])).toEqual([Float32Array.of(0)]);
  });

  test('a NaN score costs nothing', () => {
    expect(runLayer({ type: 'HingeLoss' }, [{ shape: [1, 2], data: [NaN, -5] }, [1]])).toEqual([Float32Array.of(0)]);
  });

  test('refuses a label that is no class', () => {
    const layer = new OneLayer({ type: 'HingeLoss' }, [[2, 3], { shape: [2], data: [0, 3] }]);
    expect(messageOf(() => layer.forward())).toBe(
      'label 3 at index 1 of bottom[1] is no class: expected an integer in {0, 1, ..., 2}',
    );
  });
});

describe('MultinomialLogisticLoss', () => {
  test('equals the formula', () => {
    fc.assert(
      fc.property(shapes({ minAxes: 2 }), seeds, (shape, seed) => {
        const p = uniform(shape, seed, 'p', 0.01, 1);
        const [num, classes] = [shape[0]!, count(shape.slice(1))];
        const labels = integers([num, 1, 1, 1], seed, 'labels', 0, classes);
        const sum = labels.data.reduce((s, label, i) => s - Math.log(p.data[i * classes + label]!), 0);
        // Partial sums, at most the sum, are rounded, then the division.
        expectClose(
          runLayer({ type: 'MultinomialLogisticLoss' }, [p, labels])[0]!,
          [sum / num],
          (num + 1) * sum * ROUNDING,
        );
      }),
    );
  });

  test('a probability of 0, or below, counts as 1e-20', () => {
    const inputs = [{ shape: [2, 1], data: [0, -1] }, [2]];
    expectClose(runLayer({ type: 'MultinomialLogisticLoss' }, inputs)[0]!, [20 * Math.LN10], 46 * 4 * ROUNDING);
  });

  test('refuses labels for each position', () => {
    expect(
      messageOf(
        () =>
          new OneLayer({ type: 'MultinomialLogisticLoss' }, [
            [2, 3, 4],
            [2, 4],
          ]),
      ),
    ).toBe(
      "layer 'l' (MultinomialLogisticLoss): bottom[1] must hold one label for each instance: " +
        'expected the shape (N), dimensions of 1 may follow, got 2 4 (8)\n' +
        'hint: SoftmaxWithLoss takes labels for each position',
    );
  });
});

describe('SigmoidCrossEntropyLoss', () => {
  test('equals the formula', () => {
    const lossParams = fc.record(
      { normalization: fc.constantFrom(...Object.values(Mode)), normalize: fc.boolean(), ignore_label: fc.nat(1) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(shapes(), seeds, fc.boolean(), lossParams, (shape, seed, whole, loss_param) => {
        const x = uniform(shape, seed, 'x', -30, 30);
        const inner = count(shape.slice(1));
        const targets = (whole ? integers : uniform)([shape[0]!, inner], seed, 'targets', 0, 2);
        let sum = 0;
        let valid = 0;
        let magnitude = 0;
        targets.data.forEach((t, i) => {
          if (Math.trunc(t) === loss_param.ignore_label) return;
          const v = x.data[i]!;
          // log(1 + e^v) - t v, written so that e^v does not overflow.
          sum += Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v))) - t * v;
          magnitude += Math.abs(v) + 1;
          valid++;
        });
        const z = normalizerReference(loss_param, Mode.BATCH_SIZE, shape[0]!, inner, valid);
        // t - 1 and its product with x are rounded, then each partial sum, which `magnitude` bounds; then the division.
        expectClose(
          runLayer({ type: 'SigmoidCrossEntropyLoss', loss_param }, [x, targets])[0]!,
          [sum / z],
          ((3 + valid) * magnitude * ROUNDING) / z,
        );
      }),
    );
  });

  test.each([
    [{}, 2],
    [{ normalization: Mode.VALID }, 5],
    [{ normalization: Mode.FULL }, 6],
    [{ normalization: Mode.BATCH_SIZE }, 2],
    [{ normalization: Mode.NONE }, 1],
    [{ normalize: true }, 5],
    [{ normalize: false }, 2],
    [{ normalize: true, normalization: Mode.FULL }, 6],
  ])('2 x 3 targets, one of them ignored: %p divides by %p', (loss_param, z) => {
    const param = { type: 'SigmoidCrossEntropyLoss', loss_param: { ignore_label: 9, ...loss_param } };
    const inputs = [[2, 3], { shape: [2, 3], data: [0, 1, 9, 0, 1, 0] }];
    // Five logarithms of 2, added and divided: 6 roundings.
    expectClose(runLayer(param, inputs)[0]!, [(5 * Math.LN2) / z], ((6 * 5 * Math.LN2) / z) * ROUNDING);
  });

  test('large scores do not overflow', () => {
    const inputs = [
      { shape: [2], data: [1e4, -1e4] },
      { shape: [2], data: [1, 0] },
    ];
    expect(runLayer({ type: 'SigmoidCrossEntropyLoss' }, inputs)).toEqual([Float32Array.of(0)]);
  });

  test('refuses inputs of different counts', () => {
    expect(
      messageOf(
        () =>
          new OneLayer({ type: 'SigmoidCrossEntropyLoss' }, [
            [2, 3],
            [2, 4],
          ]),
      ),
    ).toBe(
      "layer 'l' (SigmoidCrossEntropyLoss): SIGMOID_CROSS_ENTROPY_LOSS layer inputs must have the same count (6 vs. 8): " +
        'bottom[0] is 2 3 (6), bottom[1] is 2 4 (8)',
    );
  });
});
