import { expect, test } from '@jest/globals';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { netShapes } from '../../src/runtime/index.js';

const net = parsePrototxt(`
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "d" type: "Dropout" bottom: "c" top: "d" include { phase: TRAIN } }
`);

test('shapes of parameters and blobs, without a Net', () => {
  const { params, blobs } = netShapes(net);
  expect([...params]).toEqual([['c', [[4, 3, 3, 3], [4]]]]);
  expect([...blobs]).toEqual([
    ['x', [1, 3, 8, 8]],
    ['c', [1, 4, 6, 6]],
  ]);
});

test('in the state that is asked for', () => {
  expect([...netShapes(net, { phase: 'TRAIN' }).blobs.keys()]).toEqual(['x', 'c', 'd']);
});

test('a net that Caffe refuses', () => {
  const wrong = { layer: net.layer!.slice(1) };
  expect(() => netShapes(wrong)).toThrow("Unknown bottom blob 'x' (layer 'c', bottom index 0)");
});
