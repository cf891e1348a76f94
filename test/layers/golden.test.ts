/**
 * Every layer type against the real Caffe: nets of one layer, random settings and inputs.
 */
import { describe, expect, test } from '@jest/globals';
import { LAYER_TYPES } from '../../src/layers/index.js';
import { arrays, caseNames, expectSameBlob, loadCase } from '../support/golden.js';

/** Where data come from or go to, and LSTMUnit, which the cases of LSTM contain. */
const WITHOUT_CASE = [
  ...['Data', 'DummyData', 'HDF5Data', 'HDF5Output', 'ImageData', 'Input', 'LSTMUnit', 'MemoryData', 'Python'],
  'WindowData',
];

const cases = caseNames('layers');

describe('layers against Caffe', () => {
  test.each(cases)('%s', async (name) => {
    const folder = `layers/${name}`;
    const net = await loadCase(folder);
    try {
      for (const [blob, { data }] of arrays(folder, 'in_')) net.blobs.get(blob)!.data.set(data);
      const out = await net.forward();
      const expected = arrays(folder, 'out_');
      expect([...out.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [blob, reference] of expected) expectSameBlob(blob, out.get(blob), reference);
    } finally {
      net.dispose();
    }
  });

  test('every type that computes something has a case', () => {
    const covered = new Set(cases.map((name) => name.replace(/_\d+$/, '')));
    expect(LAYER_TYPES.filter((type) => !covered.has(type))).toEqual(WITHOUT_CASE);
  });
});
