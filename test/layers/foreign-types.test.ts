/** Names of PyTorch, Keras and ONNX lead to the Caffe form. */
import { describe, expect, test } from '@jest/globals';
import { FOREIGN_TYPES, caffeFormOf } from '../../src/layers/foreign-types.js';
import { isKnownType, knownLayerTypes, lookUpLayer } from '../../src/layers/registry.js';

test.each([
  ['Conv2d', /^Convolution \{/],
  ['ConvTranspose2d', /^Deconvolution \{/],
  ['nn.BatchNorm2d', /^BatchNorm \{ eps: 1e-5 \} and a Scale/],
  ['Linear', /^InnerProduct/],
  ['SiLU', /^Swish, or for Caffe 1.0/],
  ['GELU', /Swish \{ beta: 1.702 \}/],
  ['Add', /^Eltwise \{ operation: SUM \}/],
  ['torch.nn.MaxPool2d', /round_mode: FLOOR/],
  ['PixelShuffle', /^Deconvolution .*"pixelShuffle": r/],
])('%s', (type, form) => {
  expect(caffeFormOf(type)).toMatch(form);
  expect(() => lookUpLayer(type)).toThrow(`hint: Caffe's form of ${type}: ${caffeFormOf(type)!}`);
});

test('what is no name of theirs has no form', () => {
  expect(caffeFormOf('constructor')).toBeUndefined();
  expect(() => lookUpLayer('Frobnicate')).toThrow('hint: a fork');
});

describe('the table', () => {
  test('says a construction for every name', () => {
    expect(FOREIGN_TYPES.filter((name) => /no layer|not possible|cannot/i.test(caffeFormOf(name)!))).toEqual([]);
  });

  test('has no name of a type that is known', () => {
    const known = new Set(knownLayerTypes().map((type) => type.toLowerCase()));
    expect(FOREIGN_TYPES.filter((name) => known.has(name))).toEqual([]);
  });

  test('speaks of types that are known', () => {
    const words = FOREIGN_TYPES.flatMap((name) => [...caffeFormOf(name)!.matchAll(/\b([A-Z]\w+) \{/g)]);
    const unknown = words.map(([, type]) => type!).filter((type) => !isKnownType(type));
    expect(unknown).toEqual([]);
    expect(words.length).toBeGreaterThan(30);
  });
});
