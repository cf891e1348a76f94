/**
 * Convolutions by Winograd's algorithm against the definition in float64, in both variants and on one and two threads:
 * sizes below, at and above the tile, paddings that reach beyond it, several images, and epilogues.
 */
import { describe, expect, test } from '@jest/globals';
import '../../../src/node.js';
import { ConvolutionLayer } from '../../../src/layers/convolution.js';
import { Net } from '../../../src/runtime/net.js';
import { uniform } from '../../support/values.js';

interface Case {
  shape: [number, number, number, number];
  outputs: number;
  pad: [number, number];
}

const CASES: Case[] = [
  { shape: [1, 16, 4, 4], outputs: 8, pad: [1, 1] },
  { shape: [1, 16, 3, 6], outputs: 8, pad: [0, 0] },
  { shape: [2, 17, 7, 9], outputs: 13, pad: [1, 0] },
  { shape: [1, 19, 2, 5], outputs: 9, pad: [2, 1] },
  { shape: [1, 16, 1, 1], outputs: 10, pad: [5, 7] },
  { shape: [3, 33, 12, 17], outputs: 37, pad: [1, 1] },
  // More channels than are summed at a time, and more tiles than are transformed at a time.
  { shape: [1, 300, 8, 8], outputs: 24, pad: [1, 1] },
  { shape: [1, 16, 100, 100], outputs: 8, pad: [1, 1] },
];

/** The definition; of outputs that are not `wanted` 0. */
function convolve(
  { shape: [n, c, h, w], outputs, pad: [ph, pw] }: Case,
  x: Float32Array,
  weights: Float32Array,
  wanted = (_o: number): boolean => true,
): Float64Array {
  const [oh, ow] = [h + 2 * ph - 2, w + 2 * pw - 2];
  const y = new Float64Array(n * outputs * oh * ow);
  let at = 0;
  for (let image = 0; image < n; image++)
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < oh; i++)
        for (let j = 0; j < ow; j++, at++)
          for (let k = 0; k < c && wanted(o); k++)
            for (let r = 0; r < 3; r++)
              for (let s = 0; s < 3; s++) {
                const [row, column] = [i - ph + r, j - pw + s];
                if (row < 0 || column < 0 || row >= h || column >= w) continue;
                y[at]! += weights[((o * c + k) * 3 + r) * 3 + s]! * x[((image * c + k) * h + row) * w + column]!;
              }
  return y;
}

/**
 * Error of F(4x4, 3x3) relative to the largest result: the transforms multiply what rounding leaves of the sums by up to
 * 10² along each axis, of which the points chosen here leave 50 to 100 roundings of 2^-24 in practice, and the documented
 * bound is 1e-5.
 */
const BOUND = 1e-5;

function expectNear(actual: Float32Array, expected: Float64Array): void {
  const largest = expected.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  const worst = expected.reduce((max, v, i) => Math.max(max, Math.abs(v - actual[i]!)), 0);
  expect(actual.length).toBe(expected.length);
  expect(worst / largest).toBeLessThan(BOUND);
}

const netOf = ({ shape, outputs, pad }: Case, bias: boolean): string =>
  `layer { name: "x" type: "Input" top: "x" input_param { shape { ${shape.map((d) => `dim: ${d}`).join(' ')} } } }
   layer { name: "y" type: "Convolution" bottom: "x" top: "y" convolution_param { num_output: ${outputs} kernel_size: 3
     pad_h: ${pad[0]} pad_w: ${pad[1]} bias_term: ${bias} } }`;

describe.each([1, 2])('on %d threads', (threads) => {
  test.each(CASES)('$shape to $outputs, pad $pad', async (given) => {
    const net = await Net.load(netOf(given, true), { threads });
    const x = uniform(given.shape, 1, 'x', -1, 1).data;
    const [weights, bias] = net.params.get('y')!;
    weights!.data.set(uniform(weights!.shape, 1, 'w', -1, 1).data);
    bias!.data.set(uniform(bias!.shape, 1, 'b', -1, 1).data);
    const y = (await net.forward({ inputs: { x } })).get('y')!;
    const expected = convolve(given, x, weights!.data);
    const inner = y.countOf(2);
    expectNear(
      y.data,
      expected.map((v, i) => v + bias!.data[Math.floor(i / inner) % given.outputs]!),
    );
    net.dispose();
  });

  // Kernels that are too large to be transformed first: units are outputs.
  test.each<Case & { wanted: number[] }>([
    { shape: [2, 300, 9, 14], outputs: 150, pad: [1, 1], wanted: [0, 3, 11, 12, 37, 75, 100, 144, 147, 148, 149] },
    // More tiles than are transformed at a time.
    { shape: [1, 300, 4, 2300], outputs: 145, pad: [1, 1], wanted: [0, 70, 144] },
  ])('$shape to $outputs, of which $wanted are looked at', async (given) => {
    const wanted = (o: number): boolean => given.wanted.includes(o);
    const net = await Net.load(netOf(given, false), { threads });
    const x = uniform(given.shape, 1, 'x', -1, 1).data;
    const [weights] = net.params.get('y')!;
    weights!.data.set(uniform(weights!.shape, 1, 'w', -1, 1).data);
    const y = (await net.forward({ inputs: { x } })).get('y')!;
    const inner = y.countOf(2);
    expectNear(
      y.data.map((v, i) => (wanted(Math.floor(i / inner) % given.outputs) ? v : 0)),
      convolve(given, x, weights!.data, wanted),
    );
    net.dispose();
  });

  test('several images of several sizes with one epilogue', async () => {
    const cases: Case[] = [CASES[2]!, { ...CASES[2]!, shape: [1, 17, 21, 6] }];
    const net = await Net.load(netOf(cases[0]!, true), { threads });
    const layer = net.layers[1] as ConvolutionLayer;
    const context = (layer as unknown as { context: { createBlob: (shape: readonly number[]) => Blob } }).context;
    type Blob = (typeof layer.blobs)[number];
    const blob = (shape: readonly number[], seed: number): Blob => {
      const made = context.createBlob(shape);
      made.data.set(uniform(shape, seed, 'blob', -1, 1).data);
      return made;
    };
    const [weights, bias] = layer.blobs.map((each, i) => {
      each.data.set(uniform(each.shape, i, 'param', -1, 1).data);
      return each.data;
    });
    const outputs = cases[0]!.outputs;
    const [scale, shift] = [blob([outputs], 7), blob([outputs], 8)];
    const calls = cases.map(({ shape: [n, c, h, w], pad: [ph, pw] }, i) => {
      const top = [n, outputs, h + 2 * ph - 2, w + 2 * pw - 2];
      return { bottom: blob([n, c, h, w], i), top: blob(top, 3), residual: blob(top, 5 + i) };
    });
    layer.forwardFused(calls, { scale, shift, slope: 0.25 });
    for (const [i, { bottom, top, residual }] of calls.entries()) {
      const inner = top.countOf(2);
      const sums = convolve(cases[i]!, bottom.data, weights!);
      expectNear(
        top.data,
        sums.map((v, at) => {
          const c = Math.floor(at / inner) % outputs;
          const y = scale.data[c]! * (v + bias![c]!) + shift.data[c]! + residual.data[at]!;
          return y < 0 ? 0.25 * y : y;
        }),
      );
    }
    net.dispose();
  });
});
