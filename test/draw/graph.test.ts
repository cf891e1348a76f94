/** Nets as graphs: what counts as an edge where Caffe splits blobs and writes in place. */
import { describe, expect, test } from '@jest/globals';
import { Net, graphOfNet, graphOfProto, parsePrototxt } from '../../src/index.js';

const NET = `
name: "fork"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 dim: 8 dim: 8 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_h: 3 kernel_w: 1 pad_h: 1 pad_w: 0 stride: 2 group: 2 dilation: 1 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: AVE kernel_size: 1 } }
layer { name: "sum" type: "Eltwise" bottom: "conv" bottom: "pool" top: "sum" }
layer { name: "all" type: "Pooling" bottom: "sum" top: "all" pooling_param { global_pooling: true } }
layer { name: "fc" type: "InnerProduct" bottom: "all" top: "fc" inner_product_param { num_output: 3 } }`;

const EDGES = ['data → conv', 'conv → relu', 'relu → pool', 'relu → sum', 'pool → sum', 'sum → all', 'all → fc'];

const names = ({ nodes, edges }: ReturnType<typeof graphOfProto>) => {
  const byIndex = new Map(nodes.map(({ index, name }) => [index, name]));
  return edges.map(({ from, to }) => `${byIndex.get(from)!} → ${byIndex.get(to)!}`);
};

describe('graphOfNet', () => {
  test('hides splits, leads through in-place layers, and knows shapes and settings', async () => {
    const net = await Net.load(NET);
    const graph = graphOfNet(net);
    // The split that Caffe inserts is layer 3; the indices are the net's own.
    expect(net.layers[3]!.type).toBe('Split');
    net.dispose();
    expect(graph.nodes.map(({ index, type, settings, tops }) => [index, type, settings, tops[0]!.shape])).toEqual([
      [0, 'Input', '', [1, 4, 8, 8]],
      [1, 'Convolution', '3x1/2 pad 1x0 group 2', [1, 4, 4, 4]],
      [2, 'ReLU', '', [1, 4, 4, 4]],
      [4, 'Pooling', 'AVE 1x1', [1, 4, 4, 4]],
      [5, 'Eltwise', 'SUM', [1, 4, 4, 4]],
      [6, 'Pooling', 'MAX global', [1, 4, 1, 1]],
      [7, 'InnerProduct', '3', [1, 3]],
    ]);
    expect(names(graph)).toEqual(EDGES);
  });
});

describe('graphOfProto', () => {
  test('has the same edges and no shapes', () => {
    const graph = graphOfProto(parsePrototxt(NET));
    expect(names(graph)).toEqual(EDGES);
    expect(graph.nodes.flatMap(({ tops }) => tops)).toContainEqual({ name: 'pool', shape: undefined });
  });

  test('a bottom that nobody writes has no edge', () => {
    const graph = graphOfProto(parsePrototxt('layer { name: "a" type: "ReLU" bottom: "x" top: "y" }'));
    expect([graph.nodes.length, graph.edges]).toEqual([1, []]);
  });
});
