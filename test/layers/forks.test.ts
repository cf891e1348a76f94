/** The layers of Caffe's forks against what the forks' own code computed: folders KEY_NN, or KEY-fork_NN where forks differ. */
import { describe, expect, test } from '@jest/globals';
import { forkSchema } from '../../src/proto/forks/catalog.js';
import { arrays, caseNames, expectSameBlob, loadCase } from '../support/golden.js';

/** The fork whose meaning of the type a case is for; undefined where one meaning is known. */
function forkOf(name: string): string | undefined {
  return /-([a-z]\w*)_\d+$/.exec(name)?.[1];
}

describe('a layer of a fork gives what the fork gives', () => {
  test.each(caseNames('forks'))('%s', async (name) => {
    const folder = `forks/${name}`;
    const fork = forkOf(name);
    const net = await loadCase(folder, fork === undefined ? {} : { schema: forkSchema(fork) });
    try {
      for (const [blob, { data }] of arrays(folder, 'in_')) net.blobs.get(blob)!.data.set(data);
      const outputs = await net.forward();
      const expected = arrays(folder, 'out_');
      expect(expected.size).toBeGreaterThan(0);
      for (const [blob, reference] of expected) expectSameBlob(blob, outputs.get(blob), reference);
    } finally {
      net.dispose();
    }
  });
});
