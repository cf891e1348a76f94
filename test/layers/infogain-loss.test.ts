/** InfogainLoss against double precision, and what it refuses. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LossParameter_NormalizationMode as Mode } from '../../src/generated/messages.js';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { normalizerReference, softmaxReference } from '../support/reference-layers.js';
import { count, integers, seeds, shapes, uniform } from '../support/values.js';

const HINT =
  '\nhint: give the matrix as third bottom: the top of an Input layer, or of a Parameter layer with H in the weights';

describe('InfogainLoss', () => {
  test('equals the formula', () => {
    const lossParams = fc.record(
      { normalization: fc.constantFrom(...Object.values(Mode)), ignore_label: fc.nat(2) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(shapes({ minAxes: 2, maxDim: 5 }), seeds, fc.nat(), lossParams, (shape, seed, a, loss_param) => {
        const axis = 1 + (a % (shape.length - 1));
        const classes = shape[axis]!;
        const inner = count(shape.slice(axis + 1));
        const x = uniform(shape, seed, 'x', -4, 4);
        const h = uniform([1, 1, classes, classes], seed, 'h', -1, 1);
        const labels = integers(shape.toSpliced(axis, 1), seed, 'labels', 0, classes);
        const p = softmaxReference(x.data, shape, axis);
        let sum = 0;
        let magnitude = 0;
        let valid = 0;
        labels.data.forEach((label, i) => {
          if (label === loss_param.ignore_label) return;
          for (let k = 0; k < classes; k++) {
            const q = p[(Math.floor(i / inner) * classes + k) * inner + (i % inner)]!;
            const term = h.data[label * classes + k]! * Math.log(q);
            sum -= term;
            magnitude += Math.abs(term);
          }
          valid++;
        });
        const z = normalizerReference(loss_param, Mode.VALID, labels.data.length / inner, inner, valid);
        const layer = new OneLayer(
          { type: 'InfogainLoss', infogain_loss_param: { axis }, loss_param, loss_weight: [1, 0] },
          [x, labels, h],
          2,
        );
        expect(layer.top.map((top) => top.shape)).toEqual([[], shape]);
        const [y, probabilities] = layer.forward();
        // As SoftmaxWithLoss, with `classes` terms for each label, weighed by at most 1.
        const terms = valid * classes;
        expectClose(y!, [sum / z], (terms * 36 + (terms + 1) * magnitude) * (ROUNDING / z));
        expectClose(probabilities!, p, 36 * ROUNDING);
      }),
    );
  });

  test.each([
    [{}, 5],
    [{ normalization: Mode.FULL }, 6],
    [{ normalization: Mode.BATCH_SIZE }, 2],
    [{ normalization: Mode.NONE }, 1],
  ])('2 x 3 labels, one of them ignored: %p divides by %p', (loss_param, z) => {
    const param = { type: 'InfogainLoss', loss_param: { ignore_label: 9, ...loss_param } };
    const labels = { shape: [2, 3], data: [0, 1, 9, 0, 1, 0] };
    const h = { shape: [2, 2], data: [1, 0, 0, 1] };
    // Five logarithms of 1/2, added and divided: 6 roundings.
    expectClose(runLayer(param, [[2, 2, 3], labels, h])[0]!, [(5 * Math.LN2) / z], ((6 * 5 * Math.LN2) / z) * ROUNDING);
  });

  test('a probability of 0 counts as 1e-20', () => {
    const inputs = [{ shape: [1, 2], data: [0, 1000] }, [1], { shape: [2, 2], data: [1, 0, 0, 1] }];
    expectClose(runLayer({ type: 'InfogainLoss' }, inputs)[0]!, [20 * Math.LN10], 46 * 2 * ROUNDING);
  });

  test('refuses a matrix of another size', () => {
    expect(messageOf(() => new OneLayer({ type: 'InfogainLoss' }, [[2, 3], [2], [2, 3]]))).toBe(
      "layer 'l' (InfogainLoss): H must be 3x3 (6 vs. 9): bottom[2] is 2 3 (6)",
    );
  });

  test('refuses to be without a matrix, and to read one from a file', () => {
    expect(messageOf(() => new OneLayer({ type: 'InfogainLoss' }, [[2, 3], [2]]))).toBe(
      `layer 'l' (InfogainLoss): Infogain matrix source must be specified${HINT}`,
    );
    const param = { type: 'InfogainLoss', infogain_loss_param: { source: 'h.binaryproto' } };
    expect(messageOf(() => new OneLayer(param, [[2, 3], [2]]))).toBe(
      `layer 'l' (InfogainLoss): the infogain matrix cannot be read from the file 'h.binaryproto': layers read no files${HINT}`,
    );
  });

  test('refuses normalize, even false', () => {
    const param = { type: 'InfogainLoss', loss_param: { normalize: false } };
    expect(messageOf(() => new OneLayer(param, [[2, 3], [2], [3, 3]]))).toBe(
      'layer \'l\' (InfogainLoss): normalize is deprecated. use "normalization"\n' +
        'hint: normalize: true is normalization: VALID, normalize: false is normalization: BATCH_SIZE',
    );
  });

  test('refuses a second top without loss_weight', () => {
    expect(messageOf(() => new OneLayer({ type: 'InfogainLoss' }, [[2, 3], [2], [3, 3]], 2))).toMatch(
      /^layer 'l' \(InfogainLoss\): loss_weight must be unspecified or specified once per top blob \(2 vs\. 1\)\n/,
    );
  });
});
