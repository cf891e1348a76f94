/** SoftmaxWithLoss against double precision in all normalizations, and what it refuses. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LossParameter_NormalizationMode as Mode } from '../../src/generated/messages.js';
import { expectClose, messageOf, ROUNDING } from '../support/close.js';
import { OneLayer, runLayer } from '../support/one-layer.js';
import { normalizerReference, softmaxReference } from '../support/reference-layers.js';
import { count, integers, seeds, shapes, uniform } from '../support/values.js';

const lossParams = fc.record(
  { normalization: fc.constantFrom(...Object.values(Mode)), normalize: fc.boolean(), ignore_label: fc.nat(2) },
  { requiredKeys: [] },
);

describe('SoftmaxWithLoss', () => {
  test('equals the formula', () => {
    fc.assert(
      fc.property(shapes({ minAxes: 2 }), seeds, fc.nat(), lossParams, (shape, seed, a, loss_param) => {
        const axis = 1 + (a % (shape.length - 1));
        const classes = shape[axis]!;
        const inner = count(shape.slice(axis + 1));
        const x = uniform(shape, seed, 'x', -4, 4);
        const labels = integers(shape.toSpliced(axis, 1), seed, 'labels', 0, classes);
        const p = softmaxReference(x.data, shape, axis);
        let sum = 0;
        let valid = 0;
        labels.data.forEach((label, i) => {
          if (label === loss_param.ignore_label) return;
          sum -= Math.log(p[(Math.floor(i / inner) * classes + label) * inner + (i % inner)]!);
          valid++;
        });
        const z = normalizerReference(loss_param, Mode.VALID, labels.data.length / inner, inner, valid);
        const layer = new OneLayer(
          { type: 'SoftmaxWithLoss', softmax_param: { axis }, loss_param, loss_weight: [1, 0] },
          [x, labels],
          2,
        );
        expect(layer.top.map((top) => top.shape)).toEqual([[], shape]);
        const [y, probabilities] = layer.forward();
        // Each probability errs by 2 * (8 + 4 + 6) ROUNDING of itself (see Softmax), its logarithm by as much; adding
        // up rounds each of the partial sums, which are at most the sum. The division rounds once more.
        expectClose(y!, [sum / z], (valid * 36 + (valid + 1) * sum) * (ROUNDING / z));
        expectClose(probabilities!, p, 36 * ROUNDING);
      }),
    );
  });

  test.each([
    [{}, 5],
    [{ normalization: Mode.VALID }, 5],
    [{ normalization: Mode.FULL }, 6],
    [{ normalization: Mode.BATCH_SIZE }, 2],
    [{ normalization: Mode.NONE }, 1],
    [{ normalize: true }, 5],
    [{ normalize: false }, 2],
    [{ normalize: false, normalization: Mode.FULL }, 6],
  ])('2 x 3 labels, one of them ignored: %p divides by %p', (loss_param, z) => {
    const param = { type: 'SoftmaxWithLoss', loss_param: { ignore_label: 9, ...loss_param } };
    const inputs = [[2, 2, 3], { shape: [2, 3], data: [0, 1, 9, 0, 1, 0] }];
    // Five logarithms of 1/2, added and divided: 6 roundings.
    expectClose(runLayer(param, inputs)[0]!, [(5 * Math.LN2) / z], ((6 * 5 * Math.LN2) / z) * ROUNDING);
  });

  test('needs no second top for the probabilities', () => {
    const inputs = [{ shape: [2, 2], data: [0, 0, 0, 0] }, [2]];
    const param = { type: 'SoftmaxWithLoss' };
    expect(runLayer(param, inputs)).toEqual([Float32Array.of(Math.log(2))]);
    expect(new OneLayer(param, inputs).layer.defaultLossWeight(0)).toBe(1);
    expect(new OneLayer(param, inputs).layer.defaultLossWeight(1)).toBe(0);
  });

  test('a probability of 0 counts as FLT_MIN', () => {
    const inputs = [{ shape: [1, 2], data: [0, 1000] }, [1]];
    expect(runLayer({ type: 'SoftmaxWithLoss' }, inputs)).toEqual([Float32Array.of(126 * Math.log(2))]);
  });

  test('the loss is 0 when every label is ignored', () => {
    const inputs = [[2, 2], { shape: [2], data: [255, 255] }];
    const param = { type: 'SoftmaxWithLoss', loss_param: { ignore_label: 255 } };
    expect(runLayer(param, inputs)).toEqual([Float32Array.of(0)]);
  });

  test("R-FCN's third top has the loss of each label", () => {
    const param = { type: 'SoftmaxWithLoss', loss_param: { ignore_label: 9 }, loss_weight: [1, 0, 0] };
    const inputs = [[2, 2, 2], { shape: [2, 2], data: [0, 9, 1, 1] }];
    const [loss, probabilities, losses] = new OneLayer(param, inputs, 3).forward();
    // One logarithm each, and three of them added and divided.
    expectClose(losses!, [Math.LN2, 0, Math.LN2, Math.LN2], Math.LN2 * ROUNDING);
    expectClose(loss!, [Math.LN2], 4 * Math.LN2 * ROUNDING);
    expect(probabilities).toEqual(new Float32Array(8).fill(0.5));
  });

  test('refuses a second top without loss_weight', () => {
    expect(messageOf(() => new OneLayer({ type: 'SoftmaxWithLoss' }, [[2, 2], [2]], 2))).toBe(
      "layer 'l' (SoftmaxWithLoss): loss_weight must be unspecified or specified once per top blob (2 vs. 1)\n" +
        'hint: a loss layer without loss_weight has the single weight 1; ' +
        'with a second top write one for each: loss_weight: 1 loss_weight: 0',
    );
  });

  test('refuses labels that do not fit the scores', () => {
    expect(messageOf(() => new OneLayer({ type: 'SoftmaxWithLoss' }, [[2, 3], [4]]))).toBe(
      "layer 'l' (SoftmaxWithLoss): The data and label should have the same first dimension (2 vs. 4): " +
        'bottom[0] is 2 3 (6), bottom[1] is 4 (4)',
    );
    expect(
      messageOf(
        () =>
          new OneLayer({ type: 'SoftmaxWithLoss' }, [
            [2, 3, 4],
            [2, 3],
          ]),
      ),
    ).toBe(
      "layer 'l' (SoftmaxWithLoss): Number of labels must match number of predictions (8 vs. 6): " +
        'bottom[0] is 2 3 4 (24) with classes along axis 1, bottom[1] is 2 3 (6)\n' +
        'hint: give one label for each position outside the class axis',
    );
  });

  test('refuses a label that is no class', () => {
    const param = { type: 'SoftmaxWithLoss', loss_param: { ignore_label: 255 } };
    const layer = new OneLayer(param, [[2, 3], { shape: [2], data: [255, -1] }]);
    expect(messageOf(() => layer.forward())).toBe(
      'label -1 at index 1 of bottom[1] is no class: expected an integer in {0, 1, ..., 2}\n' +
        'hint: only label 255 is left out (loss_param.ignore_label)',
    );
  });

  test('refuses to put the loss in the place of the scores', () => {
    expect(messageOf(() => new OneLayer({ type: 'SoftmaxWithLoss' }, [[2, 3], [2]], 'in place'))).toBe(
      "layer 'l' (SoftmaxWithLoss): SoftmaxWithLoss Layer does not allow in-place computation.\n" +
        'hint: give the top a name of its own',
    );
  });
});
