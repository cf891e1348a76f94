/**
 * Every layer type against the real Caffe: nets of one layer, random settings and inputs.
 */
import { describe, expect, test } from '@jest/globals';
import { arrays, caseNames, expectSameBlob, loadCase } from '../support/golden.js';

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
});
