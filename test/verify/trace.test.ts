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

  const names = (...from: Parameters<typeof uncheckedBefore>) => uncheckedBefore(...from).map(({ layer }) => layer);

  test('lists what stands between a layer and the checked layers before it, in network order', () => {
    const checked = new Set([0, 1]);
    expect(uncheckedBefore(layers, 5, (i) => checked.has(i))).toEqual([
      { layer: 2, blob: 'upsample' },
      { layer: 4, blob: 'sum' },
    ]);
  });

  test('stops at checked layers even when unchecked ones stand before them', () => {
    expect(uncheckedBefore(layers, 5, (i) => i === 4)).toEqual([]);
  });

  test('an in-place layer is the producer for the readers after it, and its own input came before it', () => {
    const inPlace = [layer('conv', []), layer('relu', ['conv'], ['conv']), layer('next', ['conv'])];
    expect(names(inPlace, 2, () => false)).toEqual([0, 1]);
    expect(names(inPlace, 1, () => false)).toEqual([0]);
  });

  test('of several tops those that are read and unchecked, in the order of the tops', () => {
    const sliced = [layer('data', []), layer('slice', ['data'], ['a', 'b', 'c']), layer('out', ['c', 'b', 'a'])];
    expect(uncheckedBefore(sliced, 2, (i, blob) => i === 0 || blob === 'b')).toEqual([
      { layer: 1, blob: 'a' },
      { layer: 1, blob: 'c' },
    ]);
  });
});
