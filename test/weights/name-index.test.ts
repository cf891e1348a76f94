/** NameIndex: tensors by name, whatever stands between the parts and before them. */
import { expect, test } from '@jest/globals';
import { NameIndex } from '../../src/weights/name-index.js';
import type { TensorInfo } from '../../src/weights/source.js';

const index = (...names: string[]): NameIndex => new NameIndex(names.map((name) => ({ name }) as TensorInfo));
const found = (of: NameIndex, name: string): string[] => of.find(name).map((tensor) => tensor.name);

test('dots, slashes and underscores are alike', () => {
  expect(found(index('a.b.weight', 'c/weight'), 'a_b_weight')).toEqual(['a.b.weight']);
  expect(found(index('a.b.weight', 'c/weight'), 'c.weight')).toEqual(['c/weight']);
});

test("a wrapper's prefix that all tensors have may be left out or written", () => {
  const wrapped = index('model.0.conv.weight', 'model.1.bn.bias');
  expect(found(wrapped, '0.conv.weight')).toEqual(['model.0.conv.weight']);
  expect(found(wrapped, 'model.0.conv.weight')).toEqual(['model.0.conv.weight']);
  expect(found(wrapped, 'model.2.conv.weight')).toEqual([]);
});
