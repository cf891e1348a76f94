/** Names of layers and blobs. */
import { describe, expect, test } from '@jest/globals';
import { importOnnx } from '../../src/onnx/index.js';
import { onnxModel, type NodeInput } from '../support/onnx-model.js';

async function namesOf(
  nodes: readonly NodeInput[],
  outputs: readonly string[],
  constants = {},
): Promise<(readonly [string, string[]])[]> {
  const { net } = await importOnnx(onnxModel({ nodes, outputs, constants, inputs: { 'onnx::x_0': [1, 2, 4, 4] } }));
  return net.layer!.map(({ name = '', top = [] }) => [name, top] as const);
}

const w = { shape: [2, 2, 1, 1], data: [1, 2, 3, 4] };
const relu = (name: string, input: string, output: string): NodeInput => ({
  op: 'Relu',
  name,
  inputs: [input],
  outputs: [output],
});

describe('names', () => {
  test('are module paths, and inputs and outputs keep theirs', async () => {
    const nodes = [
      { op: 'Conv', name: '/layer1/layer1.0/conv1/Conv', inputs: ['onnx::x_0', 'w'], outputs: ['a'] },
      relu('/layer1/layer1.0/relu/Relu', 'a', 'b'),
      { op: 'Conv', name: '/layer1/layer1.0/conv2/Conv', inputs: ['b', 'w'], outputs: ['c'] },
      relu('/layer1/layer1.0/relu/Relu_1', 'c', 'd'),
      { op: 'Add', name: '/layer1/layer1.0/Add', inputs: ['d', 'b'], outputs: ['out:0'] },
    ];
    expect(await namesOf(nodes, ['out:0'], { w })).toEqual([
      ['onnx::x_0', ['onnx::x_0']],
      ['layer1.0.conv1', ['layer1.0.conv1']],
      ['layer1.0.relu', ['layer1.0.relu']],
      ['layer1.0.conv2', ['layer1.0.conv2']],
      ['layer1.0.relu_1', ['layer1.0.relu_1']],
      ['layer1.0', ['out:0']],
    ]);
  });

  test('of the weights, where nodes have none', async () => {
    const nodes = [
      { op: 'Conv', name: '', inputs: ['onnx::x_0', 'features.0.weight'], outputs: ['12'] },
      relu('', '12', '13'),
    ];
    expect(await namesOf([...nodes, relu('', '13', 'y')], ['y'], { 'features.0.weight': w })).toEqual([
      ['onnx::x_0', ['onnx::x_0']],
      ['features.0', ['features.0']],
      ['relu1', ['relu1']],
      ['y', ['y']],
    ]);
  });

  test('are unique, and without signs that file names cannot have', async () => {
    const nodes = [relu('model/a:0', 'onnx::x_0', 'p'), relu('model/a:0', 'p', 'q'), relu('b c*?', 'q', 'y')];
    expect((await namesOf(nodes, ['y'])).map(([name]) => name)).toEqual([
      'onnx::x_0',
      'model.a_0',
      'model.a_0_1',
      'b_c',
    ]);
  });
});
