import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyAll, parseTransform, shapeAfter, type Values } from '../../../src/weights/maps/transforms.js';
import type { NumericArray } from '../../../src/weights/source.js';

/** A tensor whose values are its flat indices, from `start` on. */
function ramp(shape: readonly number[], start = 0): Values {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return { shape, data: Float32Array.from({ length: count }, (_, i) => start + i) };
}

function run(steps: readonly unknown[], ...inputs: Values[]): { shape: readonly number[]; values: number[] } {
  const transforms = steps.map(parseTransform);
  const planned = shapeAfter(
    transforms,
    inputs.map(({ shape }) => shape),
  );
  const { shape, data } = applyAll(transforms, inputs);
  expect(shape).toEqual(planned);
  return { shape, values: Array.from(data as Iterable<number>) };
}

// Expected values are numpy's for np.arange(n).reshape(shape).
describe('steps', () => {
  test.each<[string, unknown[], Values[], number[], number[]]>([
    ['transpose', ['transpose'], [ramp([2, 3])], [3, 2], [0, 3, 1, 4, 2, 5]],
    ['permute', [{ permute: [1, 2, 0] }], [ramp([2, 2, 3])], [2, 3, 2], [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]],
    ['reshape', [{ reshape: [3, -1] }], [ramp([2, 3])], [3, 2], [0, 1, 2, 3, 4, 5]],
    ['reshape, a scalar', [{ reshape: [1, 1] }], [ramp([])], [1, 1], [0]],
    ['rgb-bgr', ['rgb-bgr'], [ramp([2, 3, 1, 2])], [2, 3, 1, 2], [4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7]],
    ['reverse', [{ reverse: 0 }], [ramp([2, 2])], [2, 2], [2, 3, 0, 1]],
    ['reverse two axes', [{ reverse: [-2, -1] }], [ramp([2, 2])], [2, 2], [3, 2, 1, 0]],
    ['scale', [{ scale: 0.5 }], [ramp([3])], [3], [0, 0.5, 1]],
    ['slice', [{ slice: { from: 1 } }], [ramp([3, 2])], [2, 2], [2, 3, 4, 5]],
    ['slice of an inner axis', [{ slice: { axis: 1, from: 1, to: 2 } }], [ramp([2, 3])], [2, 1], [1, 4]],
    ['pad', [{ pad: { before: 1, after: 2 } }], [ramp([2], 5)], [5], [0, 5, 6, 0, 0]],
    ['pad a middle axis', [{ pad: { axis: 1, after: 1 } }], [ramp([2, 1, 2])], [2, 2, 2], [0, 1, 0, 0, 2, 3, 0, 0]],
    ['pad with a value', [{ pad: { axis: -1, before: 1, value: 0.5 } }], [ramp([2, 1])], [2, 2], [0.5, 0, 0.5, 1]],
    [
      'pad two axes by two steps',
      [{ pad: { axis: 0, after: 1 } }, { pad: { axis: 1, before: 1 } }],
      [ramp([1, 1], 7)],
      [2, 2],
      [0, 7, 0, 0],
    ],
    ['split', [{ split: { parts: 3, take: 2 } }], [ramp([6])], [2], [4, 5]],
    ['split an inner axis', [{ split: { axis: -1, parts: 2, take: 0 } }], [ramp([2, 4])], [2, 2], [0, 1, 4, 5]],
    ['reorder', [{ reorder: { order: [0, 1, 3, 2] } }], [ramp([8])], [8], [0, 1, 2, 3, 6, 7, 4, 5]],
    ['reorder an inner axis', [{ reorder: { axis: 1, order: [1, 0] } }], [ramp([2, 2])], [2, 2], [1, 0, 3, 2]],
    ['concat', [{ concat: 0 }], [ramp([1, 2]), ramp([2, 2], 10)], [3, 2], [0, 1, 10, 11, 12, 13]],
    ['concat inner', [{ concat: 1 }], [ramp([2, 1]), ramp([2, 2], 10)], [2, 3], [0, 10, 11, 1, 12, 13]],
    ['sum', ['sum'], [ramp([2]), ramp([2], 10)], [2], [10, 12]],
    ['transposed, then joined', ['transpose', { concat: 0 }], [ramp([1, 2]), ramp([1, 1])], [3, 1], [0, 1, 0]],
    [
      'an inner product after a flattened NHWC map',
      [{ reshape: [2, 1, 2, 3] }, { permute: [3, 2, 0, 1] }, { reshape: [3, -1] }],
      [ramp([4, 3])],
      [3, 4],
      [0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11],
    ],
  ])('%s', (_, steps, inputs, shape, values) => {
    expect(run(steps, ...inputs)).toEqual({ shape, values });
  });

  test('keep the element type, and join different ones without loss', () => {
    const [step, join] = [parseTransform('transpose'), parseTransform({ concat: 0 })];
    const integers = { shape: [1, 2], data: Int32Array.of(1, 2 ** 24 + 1) };
    expect(step.apply([integers]).data).toEqual(Int32Array.of(1, 2 ** 24 + 1));
    expect(join.apply([integers, ramp([1, 2])]).data).toEqual(Float64Array.of(1, 2 ** 24 + 1, 0, 1));
  });

  test('never write into what they read', () => {
    const steps = [{ scale: 2 }, { reverse: 0 }, { reorder: { order: [1, 0] } }, 'sum'];
    const input = ramp([2, 2]);
    run(steps, input, ramp([2, 2]));
    expect(input).toEqual(ramp([2, 2]));
  });
});

test('permutations of any tensor go back by the inverse permutation, and move each value where its index says', () => {
  const cases = fc
    .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 })
    .chain((shape) =>
      fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
    );
  fc.assert(
    fc.property(cases, ([shape, axes]) => {
      const input = ramp(shape);
      const inverse = axes.map((_, i) => axes.indexOf(i));
      const there = parseTransform({ permute: axes }).apply([input]);
      expect(parseTransform({ permute: inverse }).apply([there])).toEqual(input);
      const at = (data: NumericArray, of: readonly number[], index: readonly number[]) =>
        data[index.reduce((sum, i, axis) => sum * of[axis]! + i, 0)];
      const last = shape.map((dim, axis) => Math.floor(dim / (axis + 1)) % dim);
      const moved = axes.map((axis) => last[axis]!);
      expect(at(there.data, there.shape, moved)).toBe(at(input.data, shape, last));
    }),
  );
});

describe('shapes that do not fit', () => {
  test.each<[unknown, number[][], string]>([
    [
      'transpose',
      [[2, 3, 4]],
      'transpose takes a matrix, the tensor is 2x3x4\nhint: permute takes the order of any number of axes',
    ],
    [{ permute: [1, 0] }, [[2]], 'permute orders 2 axes, the tensor is 2'],
    [{ reshape: [4, -1] }, [[2, 3]], 'a tensor of 2x3 cannot be reshaped to 4x-1'],
    ['rgb-bgr', [[64, 4, 7, 7]], 'rgb-bgr takes weights of 3 input channels (axis 1), the tensor is 64x4x7x7'],
    [{ reverse: 2 }, [[2, 3]], 'reverse: there is no axis 2 in a tensor of 2x3'],
    [{ slice: { from: 1, to: 9 } }, [[4]], 'slice 1:9 of axis 0 is outside a tensor of 4'],
    [{ slice: { from: 4 } }, [[4]], 'slice 4:4 of axis 0 is outside a tensor of 4'],
    [{ pad: { axis: 1, after: 1 } }, [[4]], 'pad: there is no axis 1 in a tensor of 4'],
    [{ pad: { after: 2 ** 29 } }, [[4]], 'a tensor of 4 cannot be padded to 536870916: too large'],
    [{ split: { parts: 3, take: 0 } }, [[4]], 'axis 0 of a tensor of 4 cannot be split into 3 parts'],
    [{ reorder: { order: [1, 0] } }, [[3]], 'axis 0 of a tensor of 3 cannot be split into 2 blocks'],
    [
      { concat: 0 },
      [
        [1, 2],
        [1, 3],
      ],
      'concat along axis 0 takes tensors that differ in it alone, got 1x2 and 1x3',
    ],
    ['sum', [[2], [3]], 'sum takes tensors of one shape, got 2 and 3'],
  ])('%j', (step, shapes, message) => {
    expect(() => shapeAfter([parseTransform(step)], shapes)).toThrow(new Error(message));
  });
});

describe('steps that cannot be read', () => {
  const known =
    'steps are transpose, permute, reshape, rgb-bgr, reverse, scale, slice, pad, split, reorder, concat, sum';
  test.each<[unknown, string]>([
    ['transpos', "there is no step 'transpos'\nhint: did you mean 'transpose'?"],
    ['toString', `there is no step 'toString'\nhint: ${known}`],
    [3, `expected a step, as "transpose" or {"permute": [1, 0, 2, 3]}, got 3\nhint: ${known}`],
    [
      { scale: 1, sum: true },
      `expected a step, as "transpose" or {"permute": [1, 0, 2, 3]}, got {"scale":1,"sum":true}\nhint: ${known}`,
    ],
    ['permute', 'permute: expected the order of axes, as [1, 0, 2, 3], got nothing'],
    [{ permute: [0, 2] }, 'permute: expected each axis from 0 on once, got [0, 2]'],
    [{ transpose: [0, 1] }, 'transpose: takes no argument, got [0,1]'],
    [{ reshape: [0, 1] }, 'reshape: expected positive dimensions, one of them may be -1 for the rest, got [0, 1]'],
    [{ scale: '2' }, 'scale: expected a number, got "2"'],
    [{ slice: { start: 1 } }, "slice: there is no 'start'\nhint: it takes axis, from, to"],
    [{ slice: { from: 2, to: 2 } }, 'slice: expected 0 <= from < to, got from 2, to 2'],
    [{ pad: {} }, 'pad: expected before and after from 0 on, and one above 0, got before 0, after 0'],
    [{ pad: { before: -1 } }, 'pad: expected before and after from 0 on, and one above 0, got before -1, after 0'],
    [{ pad: { after: 1, value: '0' } }, 'pad: expected a number for \'value\', got "0"'],
    [{ pad: { behind: 1 } }, "pad: there is no 'behind'\nhint: it takes axis, before, after, value"],
    [{ split: { parts: 3 } }, "split: 'take' is missing"],
    [{ split: { parts: 3, take: 3 } }, 'split: expected take from 0 to parts - 1, got parts 3, take 3'],
    [{ split: { parts: 1.5, take: 0 } }, "split: expected an integer for 'parts', got 1.5"],
    [{ reorder: { order: [0, 0] } }, 'reorder: expected each block from 0 on once, got [0, 0]'],
    [{ concat: '0' }, 'concat: expected an axis, got "0"'],
  ])('%j', (step, message) => {
    expect(() => parseTransform(step)).toThrow(new Error(message));
  });
});
