/** Nets whose inputs nobody makes, looked at: such blobs are inputs of unknown shape, and what is wrong stays wrong. */
import { expect, test } from '@jest/globals';
import { Net } from '../../src/runtime/net.js';
import { refusal } from '../support/refusal.js';

const CONV = 'convolution_param { num_output: 4 kernel_size: 3 }';
const TRAINING = `
layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TRAIN } data_param { source: "db" batch_size: 2 } }
layer { name: "c" type: "Convolution" bottom: "data" top: "c" ${CONV} }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "c" bottom: "label" top: "loss" }
`;

const open = (text: string, blobShapes?: ReadonlyMap<string, readonly number[]>) =>
  Net.load(text, { shapesOnly: true, stepOver: 'open', openInputs: true, blobShapes });

test('a net for training, in phase TEST: its data and labels are inputs without shapes', async () => {
  const net = await open(TRAINING);
  expect(net.openInputs.map(({ blob, layer }) => [blob, layer])).toEqual([
    ['data', 'c'],
    ['label', 'loss'],
  ]);
  expect(net.openInputs[0]!.hint).toBe(
    "layer 'd', which makes it, is left out in phase TEST, level 0 by its include or exclude rules; options.phase TRAIN has it, " +
      "or write an Input layer for 'data' without rules",
  );
  expect(net.layerNames).toEqual(['data', 'label', 'c', 'r', 'loss']);
  expect([...net.unshaped]).toEqual(['data', 'label', 'c', 'loss']);
  expect(net.missingShapes).toEqual(['data']);
  expect(net.steppedOver).toEqual([]);
  net.dispose();
});

test('shapes that are given go to all that is behind them', async () => {
  const shapes = new Map([
    ['data', [2, 3, 8, 8]],
    ['label', [2, 1, 6, 6]],
  ]);
  const net = await open(TRAINING, shapes);
  expect(net.blobs.get('c')!.shape).toEqual([2, 4, 6, 6]);
  expect([...net.unshaped]).toEqual([]);
  net.dispose();
});

test('a blob that the phase leaves out, called nearly as one that is there', async () => {
  const net = await open(`
    layer { name: "d" type: "Data" top: "weights_one" include { phase: TRAIN } data_param { source: "db" batch_size: 2 } }
    layer { name: "w" type: "Input" top: "weights" input_param { shape { dim: 1 } } }
    layer { name: "r" type: "ReLU" bottom: "weights_one" top: "r" }`);
  expect(net.openInputs.map(({ blob }) => blob)).toEqual(['weights_one']);
  net.dispose();
});

test('an Input layer that gives no shape', async () => {
  const net = await open(`
    layer { name: "data" type: "Input" top: "data" }
    layer { name: "c" type: "Convolution" bottom: "data" top: "c" ${CONV} }`);
  expect(net.openInputs).toEqual([]);
  expect(net.missingShapes).toEqual(['data']);
  net.dispose();
});

test.each([
  ['a slip for a blob that is there', 'bottom: "dats"', "did you mean 'data'?"],
  ['a blob that is made later', 'bottom: "late"', "layer 'l', which makes it, comes later; move it before this one"],
])('%s is refused as ever', async (_, bottom, hint) => {
  const net = `
    layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 } } }
    layer { name: "r" type: "ReLU" ${bottom} top: "r" }
    layer { name: "l" type: "ReLU" bottom: "data" top: "late" }`;
  expect(await refusal(() => open(net))).toContain(`hint: ${hint}`);
});

test('it is for looking only', async () => {
  expect(await refusal(() => Net.load(TRAINING, { openInputs: true }))).toBe(
    "option openInputs needs stepOver: 'open'\nhint: inputs must have shapes in a net that runs",
  );
});
