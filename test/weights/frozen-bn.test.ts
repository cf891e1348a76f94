import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseNpy } from '../../src/weights/npy.js';
import { foldBatchNorm } from '../../src/weights/maps/frozen-bn.js';

function array(file: string): Float32Array {
  return parseNpy(readFileSync(`test/fixtures/${file}.npy`)).data as Float32Array;
}

const module = 'detection-v2-tiny/npy_save/backbone_body_layer2_0_downsample_1';
const weight = array(`${module}_weight`);
const bias = array(`${module}_bias`);
const runningMean = array(`${module}_running_mean`);
const runningVar = array(`${module}_running_var`);

describe('foldBatchNorm', () => {
  test('a channel worked out by hand', () => {
    const vectors = { weight: [3], bias: [1], runningMean: [5], runningVar: [4] };
    const { scale, bias } = foldBatchNorm({
      weight: Float32Array.from(vectors.weight),
      bias: Float32Array.from(vectors.bias),
      runningMean: Float32Array.from(vectors.runningMean),
      runningVar: Float32Array.from(vectors.runningVar),
    });
    expect([scale[0], bias[0]]).toEqual([1.5, -6.5]);
  });

  test('is rounded once: bit for bit what numpy gives in float64', () => {
    const folded = foldBatchNorm({ weight, bias, runningMean, runningVar });
    expect(folded.scale).toEqual(array('weights/npy/folded_scale'));
    expect(folded.bias).toEqual(array('weights/npy/folded_bias'));
  });

  test('the same in float32 would differ in channels of this model, so the test above can fail', () => {
    const inFloat32 = weight.map((w, i) => w / Math.fround(Math.sqrt(runningVar[i]!)));
    expect(inFloat32).not.toEqual(array('weights/npy/folded_scale'));
  });

  test('eps is added to the variance', () => {
    expect(foldBatchNorm({ weight, bias, runningMean, runningVar }, 1e-5).scale).toEqual(
      array('weights/npy/folded_eps_scale'),
    );
  });

  test('an absent mean is 0 and an absent variance 1, with eps too', () => {
    expect(foldBatchNorm({ weight, bias }, 1e-5)).toEqual({ scale: weight, bias });
    expect(foldBatchNorm({ weight, bias, runningVar }).bias).toEqual(bias);
    const { bias: shifted } = foldBatchNorm({ weight, bias, runningMean });
    expect(shifted).toEqual(bias.map((b, i) => b - runningMean[i]! * weight[i]!));
  });

  test('takes float64 vectors at their full precision', () => {
    const scale = foldBatchNorm({
      weight: Float64Array.of(1 + 2 ** -30),
      bias: Float64Array.of(0),
      runningVar: Float64Array.of((1 + 2 ** -30) ** 2 / 4),
    }).scale;
    // In float32 the variance's excess would already be gone; here the quotient is 2 up to one rounding of float64.
    expect(scale[0]).toBe(2);
  });
});
