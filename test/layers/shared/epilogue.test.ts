/**
 * A convolution with an epilogue, over several bottoms, against the plain convolution and float32 arithmetic after it.
 */
import { expect, test } from '@jest/globals';
import '../../../src/node/relaxed-simd.js';
import type { ConvolutionParameter } from '../../../src/generated/messages.js';
import { ConvolutionLayer } from '../../../src/layers/convolution.js';
import type { ConvolutionCall, Epilogue } from '../../../src/layers/shared/epilogue.js';
import { Blob } from '../../../src/engine/blob.js';
import { expectClose } from '../../support/close.js';
import { OneLayer } from '../../support/one-layer.js';
import { uniform, type Tensor } from '../../support/values.js';

const CHANNELS = 6;
const OUTPUTS = 12;
/** Bottoms of one call: images of several sizes, one of a single pixel, and a batch. */
const SHAPES = [
  [1, CHANNELS, 13, 17],
  [1, CHANNELS, 7, 9],
  [2, CHANNELS, 4, 5],
  [1, CHANNELS, 1, 1],
];

const convolutions: [string, ConvolutionParameter][] = [
  ['1x1', { num_output: OUTPUTS, kernel_size: [1] }],
  ['3x3', { num_output: OUTPUTS, kernel_size: [3], pad: [1] }],
  ['3x3 without bias', { num_output: OUTPUTS, kernel_size: [3], pad: [1], bias_term: false }],
  ['5x5 strided', { num_output: OUTPUTS, kernel_size: [5], pad: [2], stride: [2] }],
  ['3x3 in groups', { num_output: OUTPUTS, kernel_size: [3], pad: [1], group: 2 }],
  ['3x3 depthwise', { num_output: OUTPUTS, kernel_size: [3], pad: [1], group: CHANNELS }],
];

const epilogues: [string, { scale?: true; shift?: true; residual?: true; slope?: number }][] = [
  ['nothing', {}],
  ['ReLU', { slope: 0 }],
  ['leaky ReLU', { slope: 0.25 }],
  ['scale', { scale: true }],
  ['shift', { shift: true }],
  ['residual', { residual: true }],
  ['scale, shift, residual, ReLU', { scale: true, shift: true, residual: true, slope: 0 }],
];

test.each(convolutions)('a %s convolution with epilogues', (_name, convolution_param) => {
  for (const [name, parts] of epilogues) {
    const plain = new OneLayer({ type: 'Convolution', convolution_param }, [SHAPES[0]!]);
    const { layer } = plain;
    if (!(layer instanceof ConvolutionLayer)) throw new Error('not a ConvolutionLayer');
    layer.blobs.forEach((blob, i) => blob.data.set(uniform(blob.shape, 1, `param ${i}`).data));
    const { arena } = plain.bottom[0]!;
    const blobOf = ({ shape, data }: Tensor): Blob => {
      const blob = new Blob(arena, shape);
      blob.data.set(data);
      return blob;
    };
    const bottoms = SHAPES.map((shape, i) => uniform(shape, 2, `bottom ${i}`));
    const sums = bottoms.map((bottom) => {
      const [data] = plain.set([bottom]).forward();
      return { shape: [...plain.top[0]!.shape], data: data! };
    });

    const scale = parts.scale && uniform([OUTPUTS], 3, 'scale');
    const shift = parts.shift && uniform([OUTPUTS], 3, 'shift');
    const residuals = sums.map(({ shape }, i) => (parts.residual ? uniform(shape, 3, `residual ${i}`) : undefined));
    const epilogue: Epilogue = {
      scale: scale && blobOf(scale),
      shift: shift && blobOf(shift),
      slope: parts.slope,
    };
    const calls = bottoms.map((bottom, i): ConvolutionCall => {
      const residual = residuals[i];
      return { bottom: blobOf(bottom), top: new Blob(arena), residual: residual && blobOf(residual) };
    });
    layer.forwardFused(calls, epilogue);

    calls.forEach(({ top }, i) => {
      const { shape, data } = sums[i]!;
      expect([name, i, top.shape]).toEqual([name, i, shape]);
      const inner = shape[2]! * shape[3]!;
      const largest = data.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      const values: number[] = [];
      const errors: number[] = [];
      data.forEach((sum, at) => {
        const c = Math.floor(at / inner) % OUTPUTS;
        const factor = scale?.data[c] ?? 1;
        const term = (shift?.data[c] ?? 0) + (residuals[i]?.data[at] ?? 0);
        const value = sum * factor + term;
        values.push(value < 0 ? value * (parts.slope ?? 1) : value);
        // Each of two ways to the sums may err by 1e-5 of the largest; product, two sums and the slope round to 2^-24.
        errors.push(2e-5 * largest * Math.abs(factor) + 4 * 2 ** -24 * (Math.abs(sum * factor) + Math.abs(term)));
      });
      expectClose(top.peek(), values, errors);
    });
  }
});
