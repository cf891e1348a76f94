/** The generator of random weights that benchmarks use must make the trained model's tensors. */
import { describe, expect, test } from '@jest/globals';
import { detectionTensors, drawTensor } from '../../bench/make-full-size-weights.js';
import { NpyFolderSource } from '../../src/node/npy-folder.js';

describe('make-full-size-weights', () => {
  test("has the model's names and shapes", async () => {
    const source = await NpyFolderSource.open('test/fixtures/detection-v2-tiny/npy_save');
    const made = detectionTensors({ stemWidth: 8, stageWidths: [8, 16, 32, 64], pyramidChannels: 32 });
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect(made.map(({ name, shape }) => ({ name, shape })).sort(byName)).toEqual(
      source
        .list()
        .map(({ name, shape }) => ({ name, shape }))
        .sort(byName),
    );
  });

  test('has 159.7 million parameters at full width', () => {
    const tensors = detectionTensors({ stemWidth: 64, stageWidths: [64, 128, 256, 512], pyramidChannels: 1024 });
    const count = tensors
      .filter(({ name }) => !/running_(mean|var)$/.test(name))
      .reduce((sum, { shape }) => sum + shape.reduce((n, dim) => n * dim, 1), 0);
    expect((count / 1e6).toFixed(1)).toBe('159.7');
  });

  test('is deterministic, differs by seed and name, and has the spread asked for', () => {
    const tensor = { name: 'a', shape: [64, 32, 3, 3], draw: { kind: 'he', fanIn: 288 } } as const;
    const values = drawTensor(tensor, 1);
    expect(drawTensor(tensor, 1)).toEqual(values);
    expect(drawTensor(tensor, 2)).not.toEqual(values);
    expect(drawTensor({ ...tensor, name: 'b' }, 1)).not.toEqual(values);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    // 18,432 normal values: the variance's relative standard error is sqrt(2 / n) = 1.04 %, the mean's 1 / sqrt(n) of a
    // standard deviation; five of each are allowed, and the seed is fixed.
    expect(Math.abs((variance * 288) / 2 - 1)).toBeLessThan(0.052);
    expect(Math.abs(mean) / Math.sqrt(2 / 288)).toBeLessThan(0.037);
  });
});
