/** Which reference a layer is held against, by layer names and by blob names. */
import { describe, expect, test } from '@jest/globals';
import { blobMap, chooseMap, fromTensors, Net, verify } from '../../src/index.js';

// As Caffe's zoo writes it: the ReLU in place over the convolution's blob, a fork below, a name with a slash.
const NET = `
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "double" type: "Power" bottom: "data" top: "double" power_param { scale: 2 } }
layer { name: "relu" type: "ReLU" bottom: "double" top: "double" }
layer { name: "a/plus" type: "Power" bottom: "double" top: "a/sum" power_param { shift: 1 } }
layer { name: "minus" type: "Power" bottom: "double" top: "minus" power_param { shift: -1 } }
`;
const f32 = (...values: number[]) => ({ shape: [1, values.length], data: Float32Array.from(values) });
const RAW = f32(-2, 4);
const RECTIFIED = f32(0, 4);
const SUM = f32(1, 5);

async function withNet<T>(action: (net: Net) => Promise<T> | T): Promise<T> {
  const net = await Net.load(NET);
  try {
    net.blobs.get('data')!.data.set([-1, 2]);
    return await action(net);
  } finally {
    net.dispose();
  }
}

describe('blobMap', () => {
  test('a blob belongs to the layer that wrote it last, and is no name for the others', () =>
    withNet((net) => {
      const map = blobMap(net);
      const names = ['data', 'double', 'relu', 'a/plus'].map((layer) => [layer, map.referenceNames(layer)]);
      expect(names).toEqual([
        ['data', ['data']],
        ['double', []],
        ['relu', ['double']],
        ['a/plus', ['a/sum', 'a__sum']],
      ]);
    }));
});

describe('chooseMap', () => {
  const chosen = (references: Parameters<typeof fromTensors>[0]) =>
    withNet(async (net) => {
      const source = fromTensors(references, 'refs');
      const { map, matched } = chooseMap(net, source);
      return { name: map.name, matched, ok: (await verify(net, { references: source, map })).ok };
    });

  test('layer names where the in-place layers have references too', async () => {
    expect(await chosen({ double: RAW, relu: RECTIFIED, a_plus: SUM })).toEqual({
      name: 'identity',
      matched: 3,
      ok: true,
    });
  });

  test('blob names where they fit more layers, as netspec forward spells them', async () => {
    expect(await chosen({ double: RECTIFIED, a__sum: SUM })).toEqual({ name: 'blobs', matched: 2, ok: true });
  });

  test('module names of maskrcnn_benchmark', async () => {
    const net = await Net.load(
      'layer { name: "d" type: "Input" top: "d" input_param { shape { dim: 1 } } } layer { name: "fpn_inner3_lateral" type: "ReLU" bottom: "d" top: "r" }',
    );
    const { map, matched } = chooseMap(net, fromTensors({ fpn_inner3_output: f32(1) }));
    net.dispose();
    expect([map.name, matched]).toEqual(['maskrcnn-benchmark', 1]);
  });

  test('the first of maps that fit equally', async () => {
    expect(await chosen({ minus: f32(-1, 3) })).toMatchObject({ name: 'identity', matched: 1 });
  });
});

test('references by blob names that fit nothing say which were looked for', async () => {
  await expect(
    withNet((net) => verify(net, { references: fromTensors({ doubel: RAW }, 'refs'), map: blobMap(net) })),
  ).rejects.toThrow(
    "none of the 1 references in refs belongs to a layer of this net; for layer 'relu' looked for 'double'\n" +
      "hint: did you mean 'doubel'?",
  );
});
