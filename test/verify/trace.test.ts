import { describe, expect, test } from '@jest/globals';
import { uncheckedBefore, type TracedLayer } from '../../src/verify/trace.js';

function layer(name: string, bottoms: string[], tops = [name]): TracedLayer {
  return { name, bottoms, tops };
}

describe('uncheckedBefore', () => {
  const layers = [
    layer('data', []),
    layer('lateral', ['data']),
    layer('upsample', ['data']),
    layer('elsewhere', ['data']),
    layer('sum', ['lateral', 'upsample']),
    layer('out', ['sum']),
  ];

  test('lists what stands between a layer and the checked layers before it, in network order', () => {
    const checked = new Set([0, 1]);
    expect(uncheckedBefore(layers, 5, (i) => checked.has(i))).toEqual([2, 4]);
  });

  test('stops at checked layers even when unchecked ones stand before them', () => {
    expect(uncheckedBefore(layers, 5, (i) => i === 4)).toEqual([]);
  });

  test('an in-place layer is the producer for the readers after it, and its own input came before it', () => {
    const inPlace = [layer('conv', []), layer('relu', ['conv'], ['conv']), layer('next', ['conv'])];
    expect(uncheckedBefore(inPlace, 2, () => false)).toEqual([0, 1]);
    expect(uncheckedBefore(inPlace, 1, () => false)).toEqual([0]);
  });
});
